using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Node.Recovery;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using TestClusterKey = Cloudkeeper.Cluster.Tests.Clusters.TestClusterKey;

namespace Cloudkeeper.Node.Tests;

/// <summary>A cluster of one in this process, with real files and the endpoints of the real thing.</summary>
internal sealed class OneNode : IAsyncDisposable
{
    private const string FoundedAlone = "1=http://127.0.0.1:1";

    private readonly WebApplicationFactory<Program> _factory;
    private readonly string _directory;
    private LaneId _lane;
    private long _serial;

    private OneNode(
        string directory, string members, bool hasSockets = false, params (string Name, string Value)[] settings)
    {
        _directory = directory;
        _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            builder.UseSetting("Node:Id", "1");
            builder.UseSetting("Node:Members", members);
            builder.UseSetting("Node:DataDirectory", directory);
            builder.UseSetting("Hosting:ClusterKey", TestClusterKey.Base64);
            builder.UseSetting("Node:SegmentBytes", (1 << 20).ToString(System.Globalization.CultureInfo.InvariantCulture));
            builder.UseSetting("Node:SnapshotLogEntries", "100");
            builder.UseSetting("urls", "http://127.0.0.1:0");
            foreach (var (name, value) in settings)
            {
                builder.UseSetting(name, value);
            }
        });
        if (hasSockets)
        {
            _factory.UseKestrel();
        }

        Client = _factory.CreateClient();
        Client.DefaultRequestHeaders.Add("Authorization", TestClusterKey.Authorization);
    }

    public HttpClient Client { get; }

    /// <summary>What it answers to.</summary>
    public IReadOnlyList<RouteEndpoint> Routes =>
        [.. _factory.Services.GetServices<EndpointDataSource>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()];

    public HostingOptions Hosting => _factory.Services.GetRequiredService<IOptions<HostingOptions>>().Value;

    public MemoryBudget Memory => _factory.Services.GetRequiredService<MemoryBudget>();

    public BackupsUnderWay Backups => _factory.Services.GetRequiredService<BackupsUnderWay>();

    public ThisNode Node => _factory.Services.GetRequiredService<ThisNode>();

    /// <summary>Of a node that takes part in its cluster.</summary>
    public ReplicaHost Replica => Node.Replica!;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    /// <summary>Alone it founds a cluster and elects itself.</summary>
    public static OneNode Start(string directory, string members = FoundedAlone) => new(directory, members);

    /// <summary>The same behind the real web server, whose limits are part of what is tested.</summary>
    public static OneNode StartOnSocket(string directory, params (string Name, string Value)[] settings) =>
        new(directory, FoundedAlone, hasSockets: true, settings);

    /// <param name="settings">Beside those of all nodes here.</param>
    public static OneNode Start(string directory, params (string Name, string Value)[] settings) =>
        new(directory, FoundedAlone, hasSockets: false, settings);

    /// <summary>A member of a cluster whose other members do not exist: it never leads.</summary>
    public static Task<OneNode> StartWithoutQuorumAsync(string directory) =>
        StartWithoutQuorumAsync(directory, "http://127.0.0.1:2");

    /// <param name="second">Address of the second of three members.</param>
    /// <param name="settings">Beside those of all nodes here.</param>
    public static Task<OneNode> StartWithoutQuorumAsync(
        string directory, string second, params (string Name, string Value)[] settings) =>
        StartWithoutQuorumAsync(directory, second, hasSockets: false, settings);

    /// <param name="second">Address of the second of three members.</param>
    /// <param name="hasSockets">Behind the real web server.</param>
    /// <param name="settings">Beside those of all nodes here.</param>
    public static async Task<OneNode> StartWithoutQuorumAsync(
        string directory, string second, bool hasSockets, params (string Name, string Value)[] settings)
    {
        using (var data = Open(directory))
        {
            string[] addresses = ["http://127.0.0.1:1", second, "http://127.0.0.1:3"];
            var members = addresses.Select((address, i) => new Member(new NodeId(i + 1), address, IsVoter: true));
            NodeStorage.Found(data, new NodeOptions(), Guid.NewGuid(), new NodeId(1), new Membership(members)).Log.Dispose();
        }

        var node = new OneNode(directory, FoundedAlone, hasSockets, settings);
        while (node.Node.Replica is null)
        {
            await Task.Yield();
        }

        return node;
    }

    public static DataDirectory Open(string directory) =>
        new(Options.Create(new NodeOptions { DataDirectory = directory }), TimeProvider.System, NullLogger<DataDirectory>.Instance);

    /// <summary>Knows no cluster key.</summary>
    public HttpClient CreateStranger() => _factory.CreateClient();

    public async Task<OneNode> LeadAsync()
    {
        while ((await SubmitAsync(new CommandBatch(LaneId.None, 0, [Request(0, new OpenLaneCommand())]))) is var (status, results))
        {
            if (status == HttpStatusCode.OK)
            {
                _lane = Assert.IsType<LaneResult>(Assert.Single(results).Body).Lane;
                break;
            }

            Assert.True(status is HttpStatusCode.MisdirectedRequest or HttpStatusCode.ServiceUnavailable, status.ToString());
        }

        return this;
    }

    /// <summary>Executes one command, which must be decided.</summary>
    public async Task<CommandResult> ExecuteAsync(Command command)
    {
        _serial++;
        var (status, results) = await SubmitAsync(new CommandBatch(_lane, _serial, [Request(_serial, command)]));
        Assert.Equal(HttpStatusCode.OK, status);
        return Assert.Single(results);
    }

    public async Task<Revision> WriteAsync(string path, string value)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(value);
        var result = await ExecuteAsync(new MutationCommand(new WriteOperation(path, bytes, "text/plain")));
        Assert.Equal(ResultCode.Ok, result.Code);
        return result.Revision;
    }

    public async Task<(HttpStatusCode Status, CommandResult[] Results)> SubmitAsync(CommandBatch batch)
    {
        var body = new ArrayBufferWriter<byte>();
        CommandCodec.Write(body, batch);
        var (status, bytes) = await PostAsync(NodeRoutes.Commands, body.WrittenMemory);
        return (status, status == HttpStatusCode.OK ? CommandResultCodec.ReadAll(bytes) : []);
    }

    public async Task<(HttpStatusCode Status, byte[] Body)> PostAsync(string route, ReadOnlyMemory<byte> body)
    {
        using var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var response = await Client.PostAsync(route, content, Stopping);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(Stopping));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _factory.DisposeAsync();

        // The entry point runs on a thread of its own and may still be taking itself apart: the lock goes last.
        while (!IsFree())
        {
            await Task.Yield();
        }
    }

    private bool IsFree()
    {
        try
        {
            using var files = new PhysicalFileSystem(_directory);
            return true;
        }
        catch (StorageFailedException)
        {
            return false;
        }
    }

    private static CommandRequest Request(long serial, Command command) => new(serial, null, 0, [], command);
}
