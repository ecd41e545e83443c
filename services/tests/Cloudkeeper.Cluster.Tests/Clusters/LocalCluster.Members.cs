using System.Globalization;
using System.Text.Json;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>Members that come and go while the cluster runs.</summary>
public sealed partial class LocalCluster
{
    private static readonly TimeSpan MemberLimit = TimeSpan.FromSeconds(120);

    /// <summary>Where a node keeps its data.</summary>
    public string DataOf(ServerProcess node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return DataOf(int.Parse(node.Name.AsSpan("Node".Length), CultureInfo.InvariantCulture));
    }

    /// <summary>Starts a node that joins by itself, knowing any member's address and nothing else.</summary>
    public ServerProcess StartNode(params string[] arguments)
    {
        var number = All.Count(server => server.Name.StartsWith("Node", StringComparison.Ordinal)) + 1;
        var address = Loopback(_sparePorts.Dequeue());
        var node = Node(number, address, address, arguments.Length > 0 ? arguments : [$"--Node:Join={List(MemberAddresses)}"]);
        _nodes.Add(node);
        node.Start();
        return node;
    }

    /// <summary>Starts nodes that join by themselves, and waits until they vote.</summary>
    public async Task<IReadOnlyList<ServerProcess>> AddNodesAsync(int count)
    {
        var added = Enumerable.Range(0, count).Select(_ => StartNode()).ToList();
        foreach (var node in added)
        {
            await WaitUntilVotingAsync(node);
        }

        return added;
    }

    public Task WaitUntilVotingAsync(ServerProcess node) => Eventually.TrueAsync(
        async () => await MemberAsync(node) is { } member && member.GetProperty("role").GetString() == "voter",
        MemberLimit,
        $"{node.Name} votes");

    /// <summary>The member at a node's address, as a gateway shows it; null: there is none.</summary>
    public async Task<JsonElement?> MemberAsync(ServerProcess node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return (await ClusterAsync())?.Json.GetProperty("members").EnumerateArray()
            .Where(member => new Uri(member.GetProperty("url").GetString()!) == node.MemberAddress)
            .Select(member => (JsonElement?)member).FirstOrDefault();
    }

    public async Task<string> IdOfAsync(ServerProcess node) =>
        (await MemberAsync(node))?.GetProperty("id").GetString() ?? throw new InvalidOperationException($"{node.Name} is no member.");

    /// <summary>Takes members out, in one step, and stops their processes.</summary>
    public async Task RemoveAsync(params IReadOnlyList<ServerProcess> nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        var ids = new List<string>();
        foreach (var node in nodes)
        {
            ids.Add(await IdOfAsync(node));
        }

        using var client = new ApiClient(Proxy.Address);
        var answer = await client.DeleteAsync($"/v1/cluster/members/{string.Join(',', ids)}");
        Assert.True(answer.Status == 204, answer.ToString());
        foreach (var node in nodes)
        {
            Leave(node);
            await node.KillAsync();
        }
    }

    /// <summary>Hands leadership over.</summary>
    public async Task TransferAsync(ServerProcess to)
    {
        using var client = new ApiClient(Proxy.Address);
        var answer = await client.PostJsonAsync("/v1/cluster/leader", new { member = await IdOfAsync(to) });
        Assert.True(answer.Status == 204, answer.ToString());
    }

    /// <summary>Stops this cluster's only node, and starts it where a node of another cluster listened.</summary>
    public ServerProcess StartAt(ServerProcess other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var node = _nodes.Single();
        node.Dispose();
        var moved = Node(1, other.Address, other.Address, [$"--Node:Address={List([other.Address])}"]);
        moved.Start();
        return moved;
    }

    /// <summary>Starts a node at an address of its own, with a copy of another's data directory as it is now.</summary>
    public async Task<ServerProcess> StartCopyAsync(ServerProcess node)
    {
        var number = All.Count(server => server.Name.StartsWith("Node", StringComparison.Ordinal)) + 1;
        var address = Loopback(_sparePorts.Dequeue());
        var copying = await Command.RunAsync("cp", ["-a", DataOf(node), DataOf(number)]);
        Assert.True(copying.ExitCode == 0, copying.Error);
        var copy = Node(number, address, address, []);
        _stopped.Add(copy);
        copy.Start();
        return copy;
    }

    /// <summary>A node goes on as another process: what was started beside the cluster takes the place of one of its nodes.</summary>
    public void Replace(ServerProcess node, ServerProcess by)
    {
        _stopped.Remove(by);
        Leave(node);
        _nodes.Add(by);
    }

    /// <summary>It is no member any more; its process may go on.</summary>
    public void Leave(ServerProcess node)
    {
        _nodes.Remove(node);
        _stopped.Add(node);
    }

    /// <summary>Kills a node, and its disk is gone with it.</summary>
    public async Task WipeAsync(ServerProcess node)
    {
        ArgumentNullException.ThrowIfNull(node);
        await node.KillAsync();
        Directory.Delete(DataOf(node), recursive: true);
    }

    private IEnumerable<Uri> MemberAddresses => _nodes.Select(node => node.MemberAddress);

    private string DataOf(int number) => Path.Combine(_folder, $"node{number}");
}
