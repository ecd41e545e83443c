using Cloudkeeper.Node.Recovery;
using Cloudkeeper.Node.Tests.Processes;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Node.Tests.Recovery;

/// <summary>Backups and the loss of a majority, on real processes.</summary>
public sealed class ThreeNodesTests
{
    [Fact]
    public async Task Every_node_gives_a_backup_of_everything_acknowledged_while_writes_go_on()
    {
        await using var cluster = await ThreeNodes.StartAsync();
        await cluster.WriteAsync(20);
        var writing = cluster.WriteAsync(100);
        for (var node = 1; node <= 3; node++)
        {
            RequireAll(await cluster.BackUpAsync(node), 20);
        }

        await writing;
        RequireAll(await cluster.BackUpAsync(2), 120);
        await cluster.UntilAsync(view => view.Members.All(m => m.Version is not null), "what version each member is of");
    }

    [Fact]
    public async Task When_a_majority_is_lost_a_survivor_goes_on_and_the_others_join_it_with_empty_directories()
    {
        await using var cluster = await ThreeNodes.StartAsync();
        await cluster.WriteAsync(20);
        for (var node = 1; node <= 3; node++)
        {
            await cluster.Node(node).KillAsync();
        }

        Directory.Delete(cluster.DataOf(1), recursive: true);
        Directory.Delete(cluster.DataOf(3), recursive: true);
        Verb.Run("recover", "--data", cluster.DataOf(2)).Succeeds();
        for (var node = 1; node <= 3; node++)
        {
            cluster.Node(node).Start();
        }

        await cluster.UntilAsync(
            view => view.Leader is not null && view.Members.Count(m => m.Role == "voter") == 3, "three voters again");
        await cluster.WriteAsync(20);
        for (var node = 1; node <= 3; node++)
        {
            var backup = await cluster.BackUpAsync(node);
            RequireAll(backup, 40);
            Assert.Equal(Revision.IncarnationStride + 20, backup.State.Revision.Value);
        }
    }

    private static void RequireAll(Backup backup, int count) => Assert.All(Enumerable.Range(0, count), i => Assert.Equal(
        ResultCode.Ok, backup.State.Read(new ReadNodeRequest($"/n{i}", WithValue: false)).Code));
}
