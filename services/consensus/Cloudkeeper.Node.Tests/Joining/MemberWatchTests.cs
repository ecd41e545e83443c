using System.Collections.Concurrent;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Node.Joining;

namespace Cloudkeeper.Node.Tests.Joining;

/// <summary>A member that receives nothing from its peers asks another for its fate, and goes by the answer.</summary>
public sealed class MemberWatchTests : IDisposable
{
    /// <summary>It asks after a silence of four election timeouts: 0.12 s.</summary>
    private static readonly (string Name, string Value)[] Impatient =
        [("Node:TickInterval", "00:00:00.010"), ("Node:ElectionTicks", "3")];

    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-watch-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>An announcement of before was read when it had been taken out already: the directory is another member's now.</summary>
    [Fact]
    public async Task A_node_whose_directory_has_another_id_now_takes_no_part_any_more()
    {
        await using var other = await OtherMember.StartAsync(a => TypedResults.Ok(new AdmissionBody(a.Cluster!.Value, 7, [])));
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory, other.Address, Impatient);

        await UntilRemovedAsync(node);
        Assert.Contains("n1 was removed from this cluster", node.Node.Detail, StringComparison.Ordinal);
        Assert.Contains("taken in again as n7", node.Node.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_was_removed_takes_no_part_any_more()
    {
        await using var other = await OtherMember.StartAsync(_ => TypedResults.Conflict(new RefusalBody("removed", "n1 was removed.")));
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory, other.Address, Impatient);

        await UntilRemovedAsync(node);
        Assert.Equal("n1 was removed.", node.Node.Detail);
    }

    /// <summary>A stream brings the news while a question about it is on its way.</summary>
    [Fact]
    public async Task A_member_that_learns_of_its_removal_while_it_asks_takes_no_part_any_more()
    {
        using var silence = new ManualResetEventSlim();
        await using var other = await OtherMember.StartAsync(_ =>
        {
            silence.Wait(TestContext.Current.CancellationToken);
            return TypedResults.StatusCode(StatusCodes.Status421MisdirectedRequest);
        });
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory, other.Address, Impatient);
        await other.AskedAsync();

        node.Replica.NoticeRemoval("n1 was removed.");

        await UntilRemovedAsync(node);
        silence.Set();
    }

    [Theory]
    [InlineData("known")]
    [InlineData("refused")]
    [InlineData("under way")]
    [InlineData("no leader")]
    [InlineData("nonsense")]
    public async Task On_any_other_answer_it_stays_a_member_and_asks_again(string answer)
    {
        var asked = new ConcurrentQueue<AnnouncementBody>();
        await using var other = await OtherMember.StartAsync(announcement =>
        {
            asked.Enqueue(announcement);
            return Answer(answer, announcement);
        });
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory, other.Address, Impatient);

        for (var i = 0; i < 3; i++)
        {
            await other.AskedAsync();
        }

        Assert.Equal(NodePhase.Member, node.Node.Phase);
        var self = node.Replica.Self;
        Assert.All(asked, a => Assert.Equal((self.Cluster, 1, self.Instance), (a.Cluster, a.Node, a.Instance)));
    }

    private static IResult Answer(string kind, AnnouncementBody announcement) => kind switch
    {
        "known" => TypedResults.Ok(new AdmissionBody(announcement.Cluster!.Value, 1, [])),
        "refused" => TypedResults.Conflict(new RefusalBody("too-old", "Start it with a newer program.")),
        "under way" => TypedResults.Accepted((string?)null, new UnderWayBody("Another change is under way.")),
        "no leader" => TypedResults.StatusCode(StatusCodes.Status421MisdirectedRequest),
        _ => TypedResults.Text("<html>", "text/html"),
    };

    private static Task UntilRemovedAsync(OneNode node) => Eventually.TrueAsync(
        () => Task.FromResult(node.Node.Phase == NodePhase.Removed), TimeSpan.FromSeconds(60), "removed");
}
