using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudkeeper.Gateway.Tests.Upstream;

/// <summary>Against a node's endpoints on a real socket.</summary>
public sealed class HttpNodeTransportTests : IAsyncLifetime
{
    private static readonly Uri Unreachable = new("http://127.0.0.1:1/");

    private readonly HttpNodeTransport _transport = new(new ClusterAccess(ClusterKey.TryParse(TestClusterKey.Base64)!));
    private readonly GatewayMetrics _metrics = new();
    private WebApplication? _node;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    private Uri Node => new(_node!.Urls.Single() + "/");

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection([new("urls", "http://127.0.0.1:0")]);
        builder.AddCloudkeeperHosting("node");
        builder.Logging.ClearProviders();
        _node = builder.Build();
        _node.MapPost("/echo", async context => await context.Request.Body.CopyToAsync(context.Response.Body));
        _node.MapPost(NodeRoutes.ReadIndex, async context => await (context.Request.ContentLength > 0
            ? context.Response.Body.WriteAsync(new byte[BoundedAnswer.JsonBytesMax + 1]).AsTask()
            : SayKeyAsync(context)));
        _node.MapPost("/elsewhere", context =>
        {
            context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            context.Response.Headers[NodeRoutes.LeaderHeader] = "http://leader:7000";
            return Task.CompletedTask;
        });
        foreach (var route in (string[])[NodeRoutes.Commands, NodeRoutes.Cluster, NodeRoutes.Snapshot])
        {
            _node.Map(route, SayKeyAsync);
        }

        _node.MapPost("/broken", context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        _node.MapGet(NodeRoutes.Feed, async context =>
        {
            var from = long.Parse(context.Request.Query["from"].FirstOrDefault() ?? "40", null);
            await context.Response.Body.WriteAsync(Frame(new ProgressFrame(new Revision(from + 1))));
            await context.Response.Body.WriteAsync(Frame(new ProgressFrame(new Revision(from + 2))));
        });
        _node.MapGet("/garbage", async context => await context.Response.Body.WriteAsync(new byte[] { 1, 0, 0, 0, 99 }));
        _node.MapGet("/endless", async context =>
            await context.Response.Body.WriteAsync(new byte[] { 0xff, 0xff, 0xff, 0x7f }));
        _node.MapGet("/parts", async context =>
        {
            foreach (var part in Parts())
            {
                await context.Response.Body.WriteAsync(Frame(part));
            }

            await context.Response.Body.WriteAsync(Frame(new ProgressFrame(new Revision(8))));
            await context.Response.Body.WriteAsync(Frame(Parts()[0]));
        });
        _node.MapGet("/disorder", async context =>
        {
            await context.Response.Body.WriteAsync(Frame(Parts()[0]));
            await context.Response.Body.WriteAsync(Frame(Parts()[2]));
        });
        await _node.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _transport.Dispose();
        _metrics.Dispose();
        await _node!.DisposeAsync();
    }

    [Fact]
    public async Task Bytes_of_any_size_go_and_come()
    {
        foreach (var size in (int[])[0, 1, 100_000, 8 << 20])
        {
            var bytes = new byte[size];
            new Random(size).NextBytes(bytes);
            if (size > 5 << 20)
            {
                // More than a node takes: it refuses them before it has read them.
                Assert.NotEqual(HttpStatusCode.OK, (await PostAsync("echo", bytes)).Status);
                continue;
            }

            var reply = await PostAsync("echo", bytes);
            Assert.Equal(HttpStatusCode.OK, reply.Status);
            Assert.Equal(bytes, reply.Body.ToArray());
            Assert.Null(reply.Leader);
        }
    }

    [Fact]
    public async Task A_node_that_answers_more_than_was_agreed_is_given_up() =>
        await Assert.ThrowsAnyAsync<IOException>(() => PostAsync(NodeRoutes.ReadIndex, [1]));

    [Fact]
    public async Task Every_call_shows_the_cluster_key()
    {
        var batch = await PostAsync(NodeRoutes.Commands, [1]);
        var question = await PostAsync(NodeRoutes.ReadIndex, []);
        var call = await _transport.CallAsync(HttpMethod.Get, Node, NodeRoutes.Cluster, default, CancellationToken.None);
        using var stream = new StreamReader(await _transport.OpenAsync(Node, NodeRoutes.Snapshot, CancellationToken.None));
        using var download = await _transport.GetAsync(Node, NodeRoutes.Snapshot, CancellationToken.None);

        string[] heard =
        [
            Text(batch), Text(question), Text(call), await stream.ReadToEndAsync(Stopping), await download.Content.ReadAsStringAsync(Stopping),
        ];

        Assert.All(heard, text => Assert.EndsWith(" " + TestClusterKey.Authorization, text, StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1", heard[1], StringComparison.Ordinal);

        static string Text(NodeReply reply) => System.Text.Encoding.UTF8.GetString(reply.Body.Span);
    }

    [Fact]
    public async Task A_named_leader_is_passed_on()
    {
        var reply = await PostAsync("elsewhere", [1]);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, reply.Status);
        Assert.Equal(new Uri("http://leader:7000/"), reply.Leader);
    }

    [Fact]
    public async Task A_request_that_was_never_sent_is_told_from_one_that_may_have_arrived()
    {
        await Assert.ThrowsAsync<NodeUnreachableException>(async () =>
            await _transport.PostAsync(Unreachable, "echo", default, CancellationToken.None));
        await Assert.ThrowsAnyAsync<IOException>(() => PostAsync("broken", [1]));
        await Assert.ThrowsAsync<NodeUnreachableException>(async () =>
            await _transport.OpenAsync(Node, "none", CancellationToken.None));
    }

    [Fact]
    public async Task A_feed_comes_frame_by_frame_and_goes_on_elsewhere()
    {
        var nodes = Create(new NodeDirectory([Node, Unreachable]));
        var frames = new List<FeedFrame>();

        // A node that does not answer is passed over by the next call, also in favour of the leader.
        for (var calls = 0; calls < 3 && frames.Count == 0; calls++)
        {
            try
            {
                await foreach (var frame in nodes.FollowAsync(new Revision(7), () => default, CancellationToken.None))
                {
                    frames.Add(frame);
                }
            }
            catch (NodeUnreachableException)
            {
                Assert.Empty(frames);
            }
        }

        Assert.Equal([new ProgressFrame(new Revision(8)), new ProgressFrame(new Revision(9))], frames);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("endless")]
    public async Task An_answer_that_is_no_feed_is_refused(string route)
    {
        await using var stream = new FeedStream(_transport, Node, route, TimeProvider.System, CancellationToken.None);
        await Assert.ThrowsAsync<WireFormatException>(async () => await stream.ReadAsync());
    }

    [Fact]
    public async Task A_large_change_set_comes_as_one_and_ends_with_its_stream()
    {
        for (var attempts = 0; attempts < 2; attempts++)
        {
            await using var stream = new FeedStream(_transport, Node, "parts", TimeProvider.System, CancellationToken.None);
            var joined = Assert.IsType<ChangeSetFrame>(await stream.ReadAsync()).ChangeSet;
            Assert.Equal(LargeSet().Changes.Select(static c => c.Path), joined.Changes.Select(static c => c.Path));
            Assert.Equal(new ProgressFrame(new Revision(8)), await stream.ReadAsync());
            Assert.Null(await stream.ReadAsync());
        }
    }

    [Fact]
    public async Task Parts_out_of_order_close_the_feed_with_the_reason()
    {
        await using var stream = new FeedStream(_transport, Node, "disorder", TimeProvider.System, CancellationToken.None);
        var reason = await Assert.ThrowsAsync<WireFormatException>(async () => await stream.ReadAsync());
        Assert.Equal("Part 2 of revision 8 where part 1 of revision 8 is due.", reason.Message);
    }

    private static ChangeSet LargeSet() => new(
        new Revision(7),
        new Revision(8),
        5,
        [.. Enumerable.Range(0, 100).Select(i => new Change(ChangeType.Deleted, $"/n{i:d3}", default, "text/plain", null, null))],
        []);

    private static FeedFrame[] Parts() => [.. ChangeSetParts.Cut(LargeSet(), frameBytesMax: 1_000, bytesWanted: 1_000)];

    private static Task SayKeyAsync(HttpContext context) =>
        context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Headers.Authorization}");

    private static byte[] Frame(FeedFrame frame)
    {
        var bytes = new ArrayBufferWriter<byte>();
        FeedFrameCodec.Write(bytes, frame);
        var framed = new byte[sizeof(int) + bytes.WrittenCount];
        BinaryPrimitives.WriteInt32LittleEndian(framed, bytes.WrittenCount);
        bytes.WrittenSpan.CopyTo(framed.AsSpan(sizeof(int)));
        return framed;
    }

    private Task<NodeReply> PostAsync(string route, byte[] body) =>
        _transport.PostAsync(Node, route, body, CancellationToken.None).AsTask();

    private HttpNodes Create(NodeDirectory directory) => new(
        _transport, directory, new FakeCluster(), new GatewayOptions(), TimeProvider.System, new Random(1), _metrics,
        NullLoggerFactory.Instance);
}
