using System.Diagnostics;
using System.Text.Json;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>Three nodes, two gateways and a proxy as processes on loopback, with their data in a temporary folder.</summary>
public sealed partial class LocalCluster : IAsyncDisposable
{
    private const int SparePorts = 8;
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-cluster-").FullName;

    private readonly List<ServerProcess> _nodes = [];
    private readonly Queue<int> _sparePorts;
    private readonly int? _descriptors;
    private readonly List<ServerProcess> _stopped = [];

    private LocalCluster(
        int nodes,
        int gateways,
        string? redis,
        int? descriptors,
        Func<Uri, Uri> advertise,
        Func<int, IReadOnlyList<string>> nodeArguments)
    {
        _descriptors = descriptors;
        var ports = FreePorts.Take(nodes + gateways + 1 + SparePorts);
        var nodeAddresses = Enumerable.Range(0, nodes).Select(_ => Loopback(ports.Dequeue())).ToList();
        var gatewayAddresses = Enumerable.Range(0, gateways).Select(_ => Loopback(ports.Dequeue())).ToList();
        var members = nodeAddresses.ConvertAll(address => advertise(address));
        _nodes.AddRange(nodeAddresses.Select((address, i) => FirstNode(i + 1, address, members, nodeArguments(i + 1))));
        Gateways = [.. gatewayAddresses.Select((address, i) => Gateway(i + 1, address, members, redis))];
        Proxy = CreateProxy(Loopback(ports.Dequeue()), members, gatewayAddresses);
        _sparePorts = ports;
    }

    /// <summary>Those that are members, or are to be.</summary>
    public IReadOnlyList<ServerProcess> Nodes => _nodes;

    public IReadOnlyList<ServerProcess> Gateways { get; }

    public ServerProcess Proxy { get; }

    /// <summary>From the start of the first process until all gateways and the proxy were ready.</summary>
    public TimeSpan StartTime { get; private set; }

    public IEnumerable<ServerProcess> All => [.. Nodes, .. _stopped, .. Gateways, Proxy];

    /// <param name="redis">Connection string of the gateways' cache; null: they have none.</param>
    /// <param name="backup">What the cluster begins with.</param>
    /// <param name="nodeArguments">Further settings of the first nodes.</param>
    /// <param name="argumentsOf">Further settings of each of them, by its number from 1 on.</param>
    /// <param name="descriptors">What each process may have; null: as many as the tests.</param>
    /// <param name="advertise">Where others reach a node that listens at an address; null: there.</param>
    public static async Task<LocalCluster> StartAsync(
        int nodes = 3,
        int gateways = 2,
        string? redis = null,
        int? descriptors = null,
        Func<Uri, Uri>? advertise = null,
        string? backup = null,
        IReadOnlyList<string>? nodeArguments = null,
        Func<int, IReadOnlyList<string>>? argumentsOf = null)
    {
        var cluster = new LocalCluster(
            nodes, gateways, redis, descriptors, advertise ?? (address => address), argumentsOf ?? (_ => nodeArguments ?? []));
        try
        {
            if (backup is not null)
            {
                var restore = await cluster.Nodes[0].RunAsync("restore", "--from", backup);
                Assert.True(restore.ExitCode == 0, restore.Output + restore.Error);
            }

            var started = Stopwatch.GetTimestamp();
            foreach (var server in cluster.All)
            {
                server.Start();
            }

            await cluster.WaitUntilReadyAsync();
            cluster.StartTime = Stopwatch.GetElapsedTime(started);
            return cluster;
        }
        catch
        {
            cluster.WriteLogs();
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Until every gateway that is running, and the proxy, answer that they can serve.</summary>
    public async Task WaitUntilReadyAsync()
    {
        foreach (var server in Gateways.Append(Proxy).Where(s => s.IsRunning))
        {
            await WaitUntilReadyAsync(server);
        }
    }

    /// <summary>The node that leads now, as a gateway sees it; waits while there is none.</summary>
    public async Task<ServerProcess> LeaderAsync()
    {
        ServerProcess? leader = null;
        await Eventually.TrueAsync(
            async () => (leader = FindLeader(await ClusterAsync())) is { IsRunning: true }, ReadyLimit, "a leader");
        return leader!;
    }

    /// <summary>Until every node takes part and has nearly all of the log, so that any one of them may die.</summary>
    public async Task WaitUntilReplicatedAsync(long lagLimit)
    {
        foreach (var node in Nodes)
        {
            await WaitUntilReadyAsync(node);
        }

        await Eventually.TrueAsync(
            async () => await ClusterAsync() is { } cluster
                && FindLeader(cluster) is { IsRunning: true }
                && cluster.Json.GetProperty("members").EnumerateArray().All(m => LagOf(m) <= lagLimit),
            ReadyLimit,
            "all members caught up");
    }

    /// <summary>A path in the cluster's own folder.</summary>
    public string NewFile(string name) => Path.Combine(_folder, name);

    /// <summary>The ends of all logs, for the output of a failed test.</summary>
    public void WriteLogs()
    {
        const int Lines = 60;
        foreach (var server in All.Where(s => File.Exists(s.LogFile)))
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"--- {server.Name} {server.Address}");
            foreach (var line in File.ReadLines(server.LogFile).TakeLast(Lines))
            {
                TestContext.Current.TestOutputHelper?.WriteLine(line);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var server in All)
        {
            server.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Null, as long as the leader has had no message of the member, compares as false.</summary>
    private static long? LagOf(JsonElement member) =>
        member.GetProperty("lag") is { ValueKind: JsonValueKind.Number } lag ? lag.GetInt64() : null;

    private static Uri Loopback(int port) => new($"http://127.0.0.1:{port}");

    private static string List(IEnumerable<Uri> addresses) =>
        string.Join(',', addresses.Select(a => a.GetLeftPart(UriPartial.Authority)));

    private static async Task WaitUntilReadyAsync(ServerProcess server)
    {
        using var client = new ApiClient(server.Address);
        await Eventually.TrueAsync(
            async () => (await client.TryGetAsync("/readyz"))?.Status == 200, ReadyLimit, $"{server.Name} ready");
    }

    private async Task<Answer?> ClusterAsync()
    {
        foreach (var gateway in Gateways.Where(g => g.IsRunning))
        {
            using var client = new ApiClient(gateway.Address);
            if (await client.TryGetAsync("/v1/cluster") is { Status: 200 } cluster)
            {
                return cluster;
            }
        }

        return null;
    }

    private ServerProcess? FindLeader(Answer? cluster)
    {
        var leader = cluster?.Json.GetProperty("leader").ToString();
        return cluster?.Json.GetProperty("members").EnumerateArray()
            .Where(m => string.Equals(m.GetProperty("id").ToString(), leader, StringComparison.Ordinal))
            .Select(m => new Uri(m.GetProperty("url").GetString()!))
            .Select(url => Nodes.Single(n => n.MemberAddress == url))
            .FirstOrDefault();
    }

    private ServerProcess FirstNode(int id, Uri address, List<Uri> members, IReadOnlyList<string> arguments) => Node(
        id,
        address,
        members[id - 1],
        [
            $"--Node:Id={id}",
            $"--Node:Members={string.Join(',', members.Select((n, i) => $"{i + 1}={n.GetLeftPart(UriPartial.Authority)}"))}",
            .. arguments,
        ]);

    private ServerProcess Node(int number, Uri address, Uri memberAddress, IEnumerable<string> arguments) => new(
        $"Node{number}",
        address,
        [$"--urls={List([address])}", $"--Node:DataDirectory={DataOf(number)}", .. arguments],
        _folder)
    {
        MemberAddress = memberAddress,
        Descriptors = _descriptors,
    };

    private ServerProcess Gateway(int number, Uri address, List<Uri> nodes, string? redis) => new(
        $"Gateway{number}",
        address,
        [
            $"--urls={List([address])}",
            $"--Gateway:Nodes={List(nodes)}",
            $"--Gateway:Instance=g{number}",
            $"--Gateway:AdvertisedAddress={List([address])}",
            $"--Gateway:Redis={redis}",
        ],
        _folder)
    {
        Descriptors = _descriptors,
    };

    private ServerProcess CreateProxy(Uri address, List<Uri> nodes, List<Uri> gateways) => new(
        "Proxy",
        address,
        [$"--urls={List([address])}", $"--Proxy:Nodes={List(nodes)}", $"--Proxy:Gateways={List(gateways)}"],
        _folder)
    {
        Descriptors = _descriptors,
    };
}
