namespace Cloudkeeper.Raft.Tests;

public sealed class SingleNodeTests
{
    private static readonly Membership Alone = new([new Member(new NodeId(1), "http://127.0.0.1:7001", IsVoter: true)]);

    /// <summary>Bug B-29: what is committed by the only voter must be on its disk.</summary>
    [Fact]
    public void Nothing_is_committed_before_it_is_durable()
    {
        var node = new RaftNode(new NodeId(1), RaftOptions.Default, RecoveredState.Bootstrap(Alone), new Random(1));
        node.Campaign();
        Assert.Equal(Role.Candidate, node.Role);

        Assert.True(node.TryTakeOutput(out var vote));
        Assert.Equal(new NodeId(1), vote.Write!.HardState!.Value.Vote);
        node.StorageDone(vote.Write.Sequence);
        Assert.Equal(Role.Leader, node.Role);

        var proposed = node.Propose(new byte[] { 7 });
        Assert.Equal(ProposeStatus.Accepted, proposed.Status);
        Assert.True(node.TryTakeOutput(out var append));
        Assert.Equal(2, append.Write!.Entries.Count);
        Assert.Empty(append.Committed);
        Assert.False(node.TryTakeOutput(out _));

        node.StorageDone(append.Write.Sequence);
        Assert.True(node.TryTakeOutput(out var committed));
        Assert.Equal(proposed.Index, committed.Committed[^1].Index);
    }
}
