using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Node.Checkpoints;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Recovery;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Node.Tests.Processes;

/// <summary>A cluster of three node processes on loopback, with their data in a folder of its own.</summary>
internal sealed class ThreeNodes : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-three-").FullName;
    private readonly HttpClient _client = new()
    {
        Timeout = TimeSpan.FromSeconds(15),
        DefaultRequestHeaders = { { "Authorization", TestClusterKey.Authorization } },
    };
    private readonly ServerProcess[] _nodes;
    private int _written;

    private ThreeNodes()
    {
        Uri[] addresses = [.. FreePorts.Take(3).Select(port => new Uri($"http://127.0.0.1:{port}"))];
        var members = string.Join(',', addresses.Select((a, i) => $"{i + 1}={a.GetLeftPart(UriPartial.Authority)}"));
        _nodes = [.. addresses.Select((a, i) => new ServerProcess($"Node{i + 1}", a, ArgumentsOf(i + 1, a, members), _folder))];
    }

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public static async Task<ThreeNodes> StartAsync()
    {
        var cluster = new ThreeNodes();
        foreach (var node in cluster._nodes)
        {
            node.Start();
        }

        await cluster.UntilAsync(
            view => view.Leader is not null && view.Members.Count(m => m.Role == "voter") == 3, "three voters");
        return cluster;
    }

    /// <summary>Counted from 1.</summary>
    public ServerProcess Node(int number) => _nodes[number - 1];

    public string DataOf(int number) => Path.Combine(_folder, $"data{number}");

    /// <summary>Waits until the leader sees the cluster like this.</summary>
    public Task UntilAsync(Func<ClusterView, bool> condition, string what) => Eventually.TrueAsync(
        async () => await LeaderViewAsync() is { } view && condition(view), Limit, what);

    /// <summary>That many new nodes, <c>/n0</c> with <c>value-0</c> and so on, each in an entry of its own.</summary>
    public async Task WriteAsync(int count)
    {
        await Parallel.ForEachAsync(
            Enumerable.Range(_written, count),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Stopping },
            async (i, _) => await Eventually.TrueAsync(() => TryWriteAsync($"/n{i}", $"value-{i}"), Limit, "a write"));
        _written += count;
    }

    public async Task LeadAsync(int number)
    {
        await UntilAsync(view => view.Leader is not null, "a leader");
        await Eventually.TrueAsync(
            async () =>
            {
                var view = await LeaderViewAsync();
                if (view is not null && view.Leader != $"n{number}")
                {
                    var leader = AddressOf(view, view.Leader!);
                    await TryAsync(() => _client.PostAsync($"{leader}{NodeRoutes.Leader}?member={number}", null, Stopping));
                }

                return view?.Leader == $"n{number}";
            },
            Limit,
            $"n{number} leads");
    }

    /// <summary>Takes a backup from a node and reads it.</summary>
    public async Task<Backup> BackUpAsync(int number)
    {
        var file = Path.Combine(_folder, $"backup{number}");
        await using (var to = File.Create(file))
        await using (var from = await _client.GetStreamAsync(new Uri(Node(number).Address, NodeRoutes.Snapshot), Stopping))
        {
            await from.CopyToAsync(to, Stopping);
        }

        return Backups.Load(file);
    }

    /// <summary>The digests of all nodes behind an entry.</summary>
    public async Task<ulong?[]> DigestsAsync(long index)
    {
        var cluster = (await LeaderViewAsync())!.Id;
        return await Task.WhenAll(_nodes.Select(async node => (await _client.GetFromJsonAsync<DigestView>(
            new Uri(node.Address, $"{PeerRoutes.Digest}?cluster={cluster}&index={index}"), Stopping))!.Digest));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            if (node.IsRunning)
            {
                await node.KillAsync();
            }

            node.Dispose();
        }

        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string AddressOf(ClusterView view, string node) => view.Members.Single(m => m.Id == node).Url;

    private string[] ArgumentsOf(int number, Uri address, string members) =>
    [
        $"--urls={address.GetLeftPart(UriPartial.Authority)}",
        $"--data={DataOf(number)}",
        $"--Node:Id={number}",
        $"--Node:Members={members}",
        $"--Node:SegmentBytes={1 << 20}",
    ];

    private async Task<bool> TryWriteAsync(string path, string value)
    {
        if (await LeaderViewAsync() is not { Leader: { } leader } view)
        {
            return false;
        }

        var write = new MutationCommand(new WriteOperation(path, System.Text.Encoding.UTF8.GetBytes(value), "text/plain"));
        var body = new ArrayBufferWriter<byte>();
        CommandCodec.Write(body, new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], write)]));
        using var content = new ReadOnlyMemoryContent(body.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var response = await TryAsync(() => _client.PostAsync(AddressOf(view, leader) + NodeRoutes.Commands, content, Stopping));
        return response is { StatusCode: HttpStatusCode.OK };
    }

    /// <summary>Null: no node knows a leader.</summary>
    private async Task<ClusterView?> LeaderViewAsync()
    {
        foreach (var node in _nodes.Where(n => n.IsRunning))
        {
            using var response = await TryAsync(() => _client.GetAsync(new Uri(node.Address, NodeRoutes.Cluster), Stopping));
            if (response is { IsSuccessStatusCode: true }
                && await response.Content.ReadFromJsonAsync<ClusterView>(Stopping) is { } view
                && view.Leader == view.Node)
            {
                return view;
            }
        }

        return null;
    }

    private static async Task<HttpResponseMessage?> TryAsync(Func<Task<HttpResponseMessage>> call)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
