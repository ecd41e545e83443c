using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Microsoft.AspNetCore.Http.Metadata;
using TestClusterKey = Cloudkeeper.Cluster.Tests.Clusters.TestClusterKey;

namespace Cloudkeeper.Node.Tests;

/// <summary>What bodies a node takes, behind the real web server.</summary>
public sealed class BodyTests : IDisposable
{
    /// <summary>So many that what other tests allocate meanwhile makes no difference.</summary>
    private const int Silent = 400;

    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-body-").FullName;

    public static TheoryData<int> BatchKibibytes => [4_900, 5_000, 5_100, 7_900, 8_000, 8_190];

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [MemberData(nameof(BatchKibibytes))]
    public async Task A_batch_of_any_size_that_a_gateway_forms_is_executed(int kibibytes)
    {
        await using var node = await OneNode.StartOnSocket(_directory).LeadAsync();
        var (status, results) = await node.SubmitAsync(BatchOf(kibibytes << 10));

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.All(results, result => Assert.Equal(ResultCode.Ok, result.Code));
    }

    [Theory]
    [InlineData(NodeRoutes.Commands, BodyLimits.Batch)]
    [InlineData(NodeRoutes.Reads, BodyLimits.Batch)]
    [InlineData(NodeRoutes.Keepalives, BodyLimits.Keepalives)]
    [InlineData(NodeRoutes.MembershipAnnounce, BodyLimits.Announcement)]
    [InlineData(NodeRoutes.MembershipInvite, BodyLimits.Invitation)]
    [InlineData(NodeRoutes.Members, BodyLimits.Announcement)]
    public async Task A_larger_body_than_its_route_takes_is_refused_however_it_comes(string route, int bytesMax)
    {
        await using var node = await OneNode.StartOnSocket(_directory).LeadAsync();
        foreach (var saysLength in new[] { true, false })
        {
            // A document that is right but for its length: nothing else can be what it is refused for.
            var body = Encoding.UTF8.GetBytes("{\"address\":\"" + new string('a', bytesMax) + "\"}");
            using var content = new Bytes(body, saysLength);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, route)
            {
                Content = content,
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await node.Client.SendAsync(request, Stopping);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        }
    }

    [Fact]
    public async Task A_batch_may_come_in_chunks()
    {
        await using var node = await OneNode.StartOnSocket(_directory).LeadAsync();
        var body = new ArrayBufferWriter<byte>();
        CommandCodec.Write(body, BatchOf(300 << 10));
        using var content = new Bytes(body.WrittenMemory, saysLength: false);
        using var response = await node.Client.PostAsync(NodeRoutes.Commands, content, Stopping);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var results = CommandResultCodec.ReadAll(await response.Content.ReadAsByteArrayAsync(Stopping));
        Assert.All(results, result => Assert.Equal(ResultCode.Ok, result.Code));
    }

    /// <summary>AT-13: memory follows bytes that came, not bytes that were claimed.</summary>
    [Theory]
    [InlineData(NodeRoutes.Commands, BodyLimits.Batch)]
    [InlineData(NodeRoutes.Reads, BodyLimits.Batch)]
    public async Task Bodies_that_are_claimed_and_do_not_come_take_little_memory(string route, int bytesMax)
    {
        await using var node = await OneNode.StartOnSocket(_directory).LeadAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var sockets = new List<Socket>();
        try
        {
            for (var i = 0; i < Silent; i++)
            {
                sockets.Add(await ClaimAsync(node.Client.BaseAddress!, route, bytesMax));
            }

            Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) / Silent, long.MinValue, 128 << 10);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task Slow_bodies_are_refused_together_beyond_the_limit_in_flight()
    {
        const int sent = BodyLimits.Batch - 1024;
        await using var node = await OneNode.StartOnSocket(
            _directory, ("Hosting:InFlightBytesMax", $"{MemoryBudget.BytesMaxLeast}")).LeadAsync();
        var slow = new List<Socket>();
        for (var fits = node.Memory.ShareBytesMax / BodyLimits.Batch; slow.Count < fits;)
        {
            slow.Add(await ClaimAsync(node.Client.BaseAddress!, NodeRoutes.Commands, BodyLimits.Batch));
            await slow[^1].SendAsync(new byte[sent], Stopping);
        }

        while (node.Memory.UsedBy(MemoryUse.Bodies) < slow.Count * (long)BodyLimits.Batch)
        {
            await Task.Yield();
        }

        var (status, _) = await node.SubmitAsync(BatchOf(BodyLimits.Batch - 2048));
        slow.ForEach(socket => socket.Dispose());
        while (node.Memory.Used > 0)
        {
            await Task.Yield();
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, status);
        (status, _) = await node.SubmitAsync(BatchOf(BodyLimits.Batch - 2048));
        Assert.Equal(HttpStatusCode.OK, status);
    }

    /// <summary>Streams between members have no end; a snapshot has the size in its announcement.</summary>
    [Fact]
    public async Task Each_route_that_takes_a_body_limits_its_size()
    {
        await using var node = OneNode.Start(_directory);
        var unbounded = node.Routes
            .Where(route => route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Any(m => m is not ("GET" or "HEAD")) is true)
            .Where(route => route.Metadata.GetMetadata<IRequestSizeLimitMetadata>() is null)
            .Select(route => route.RoutePattern.RawText);

        Assert.Equal([PeerRoutes.Snapshot, PeerRoutes.Stream], unbounded.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_web_server_that_takes_less_than_gateways_send_is_refused_at_the_start()
    {
        var validation = new BodyLimits.ServerValidation();
        Assert.True(validation.Validate(null, new HostingOptions { MaxRequestBodyBytes = BodyLimits.Batch }).Succeeded);
        var refusal = validation.Validate(null, new HostingOptions { MaxRequestBodyBytes = BodyLimits.Batch - 1 });
        Assert.Contains("Hosting:MaxRequestBodyBytes", refusal.FailureMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_lets_its_web_server_take_whole_batches()
    {
        await using var node = OneNode.Start(_directory);
        Assert.Equal(BodyLimits.Batch, node.Hosting.MaxRequestBodyBytes);
    }

    /// <summary>Sends the headers of a large body and its first byte.</summary>
    private static async Task<Socket> ClaimAsync(Uri address, string route, int bytes)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address.Host, address.Port, Stopping);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"POST {route} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: {TestClusterKey.Authorization}\r\n"
                + $"Expect: 100-continue\r\nContent-Length: {bytes}\r\n\r\n"),
            Stopping);

        // It is answered when the body is waited for, so what that costs has been spent.
        Assert.True(await socket.ReceiveAsync(new byte[64], Stopping) > 0);
        return socket;
    }

    private static CommandBatch BatchOf(int bytes)
    {
        var requests = new List<CommandRequest>();
        for (var left = bytes - CommandSize.BatchHeaderBytesMax; left > 100;)
        {
            var value = new byte[Math.Min(left - 100, Limits.ValueBytesMax)];
            var write = new MutationCommand(new WriteOperation($"/n{requests.Count}", value, ""));
            requests.Add(new CommandRequest(0, null, 0, [], write));
            left -= CommandSize.Of(requests[^1]);
        }

        return new CommandBatch(LaneId.None, 0, requests);
    }

    /// <summary>With a length in front of them or not.</summary>
    private sealed class Bytes(ReadOnlyMemory<byte> bytes, bool saysLength) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            stream.WriteAsync(bytes, Stopping).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return saysLength;
        }
    }
}
