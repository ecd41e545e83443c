using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Disks;

/// <summary>Bytes on disk that are not what was written: the node notices, does not vote, and is repaired by the others.</summary>
public sealed class DamageTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData("log-", 300)]
    [InlineData("identity", 30)]
    public async Task A_damaged_member_comes_back_as_a_new_one_and_its_files_are_kept(string file, int offset)
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        await WriteAsync(client);
        var damaged = await FollowerAsync();
        var id = await Cluster.IdOfAsync(damaged);
        await damaged.KillAsync();
        var bytes = Damage(damaged, file, offset);

        damaged.Start();

        await Eventually.TrueAsync(
            async () => await Cluster.MemberAsync(damaged) is { } member
                && member.GetProperty("id").GetString() != id
                && member.GetProperty("role").GetString() == "voter",
            Limit,
            "it votes under a new id");
        var kept = Assert.Single(Directory.GetDirectories(Cluster.DataOf(damaged), "damaged-*"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(FileIn(kept, file), Stopping));

        // With one of the others gone it is needed, and has what was acknowledged before.
        await (await FollowerAsync(damaged)).KillAsync();
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/later", "x")).Status);
        Assert.Equal("7", (await client.GetAsync("/v1/nodes/values/7")).Text);
    }

    [Fact]
    public async Task When_a_majority_is_damaged_nothing_is_overwritten_and_each_reports_what_to_do()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        await WriteAsync(client);
        foreach (var node in Cluster.Nodes)
        {
            await node.KillAsync();
        }

        var damaged = Cluster.Nodes.Take(2).ToList();
        var bytes = damaged.ConvertAll(node => Damage(node, "log-", 300));
        foreach (var node in Cluster.Nodes)
        {
            node.Start();
        }

        foreach (var node in damaged)
        {
            using var direct = ApiClient.OfNode(node);
            await Eventually.TrueAsync(
                async () => (await direct.TryGetAsync("/membership"))?.Json is { } view
                    && view.GetProperty("state").GetString() == "damaged"
                    && view.GetProperty("detail").GetString()!.Contains("knows no leader", StringComparison.Ordinal)
                    && view.GetProperty("detail").GetString()!.Contains("restore a backup", StringComparison.Ordinal),
                Limit,
                $"{node.Name} says what to do");
            Assert.Equal(503, (await direct.GetAsync("/readyz")).Status);
        }

        Assert.Equal(bytes, damaged.ConvertAll(node => File.ReadAllBytes(FileIn(Cluster.DataOf(node), "log-"))));
        Assert.All(damaged, node => Assert.Empty(Directory.GetDirectories(Cluster.DataOf(node), "damaged-*")));
    }

    private static async Task WriteAsync(ApiClient client)
    {
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/values", "")).Status);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(201, (await client.PutAsync($"/v1/nodes/values/{i}", $"{i}")).Status);
        }
    }

    private static string FileIn(string folder, string prefix) => Directory.GetFiles(folder, prefix + "*").Order().First();

    /// <summary>Flips one bit, in a record that later ones vouch for; returns what the file holds now.</summary>
    private byte[] Damage(ServerProcess node, string prefix, int offset)
    {
        var path = FileIn(Cluster.DataOf(node), prefix);
        var bytes = File.ReadAllBytes(path);
        bytes[offset] ^= 1;
        File.WriteAllBytes(path, bytes);
        return bytes;
    }

    private async Task<ServerProcess> FollowerAsync(ServerProcess? butNot = null)
    {
        var leader = await Cluster.LeaderAsync();
        return Cluster.Nodes.First(node => node != leader && node != butNot && node.IsRunning);
    }
}
