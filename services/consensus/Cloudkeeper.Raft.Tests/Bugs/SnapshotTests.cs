namespace Cloudkeeper.Raft.Tests.Bugs;

public sealed class SnapshotTests
{
    private static readonly Membership Members = Scripts.ScriptCommand.ParseMembership(["1v", "2v", "3v"]);

    [Fact]
    public void B54_a_restored_snapshot_leaves_no_membership_of_the_replaced_log()
    {
        var bench = new Bench(terms: [1, 1, 1, 1, 1, 1, 1, 1]);
        bench.Step(Bench.Append(Bench.Two, 1, 9, 1, commit: 1, OnlyOneAt(10)));
        Assert.Single(bench.Raft.Membership.Members);

        // Its index is higher than the snapshot's, and it is void all the same.
        bench.Step(Snapshot(index: 8, term: 2));
        Assert.Equal(Members, bench.Raft.Membership);
    }

    [Fact]
    public void A_truncated_membership_entry_gives_way_to_the_one_before()
    {
        var bench = new Bench();
        bench.Step(Bench.Append(Bench.Two, 1, 1, 1, commit: 1, OnlyOneAt(2)));
        bench.Step(Bench.Append(Bench.Two, 2, 1, 1, commit: 1, Bench.Entry(2, 2)));
        Assert.Equal(Members, bench.Raft.Membership);
    }

    [Fact]
    public void A_snapshot_is_acknowledged_when_the_log_behind_it_is_durable()
    {
        var bench = new Bench { SlowDisk = new Queue<RaftWrite>() };
        Assert.Empty(bench.Step(Snapshot(index: 8, term: 1)));
        Assert.Equal(8, bench.SlowDisk.Single().Snapshot!.Index.Value);
        Assert.Equal(8, Assert.IsType<AppendReply>(Assert.Single(bench.Stored())).MatchIndex.Value);
        Assert.Equal((9, 8), (bench.Raft.FirstIndex.Value, bench.Raft.LastIndex.Value));
    }

    /// <summary>
    /// What was being written when the snapshot came ends after it: it proves nothing of the new log (B-27).
    /// </summary>
    [Fact]
    public void A_write_from_before_the_snapshot_makes_nothing_behind_it_durable()
    {
        var bench = new Bench { SlowDisk = new Queue<RaftWrite>() };
        var old = Enumerable.Range(2, 9).Select(i => Bench.Entry(i, 1)).ToArray();
        bench.Step(Bench.Append(Bench.Two, 1, 1, 1, commit: 1, old));
        bench.Step(Snapshot(index: 8, term: 2));
        bench.Step(Bench.Append(Bench.Two, 2, 8, 2, commit: 9, Bench.Entry(9, 2)));
        Assert.Empty(bench.Stored());
        Assert.Equal(1, bench.Raft.StableIndex.Value);
        Assert.DoesNotContain(bench.Committed, e => e.Index.Value > 1);
        bench.Stored();
        bench.Stored();
        Assert.Equal([9], bench.Committed.Select(e => e.Index.Value).Where(i => i > 1));
    }

    [Fact]
    public void B56_a_snapshot_that_was_stored_but_not_installed_is_installed_at_the_next_start()
    {
        var snapshot = new SnapshotMetadata(new LogIndex(8), new Term(3), Members);
        var old = RecoveredState.Bootstrap(Members);
        var bench = new Bench(old with { Snapshot = snapshot }) { SlowDisk = new Queue<RaftWrite>() };
        Assert.Equal((new Term(3), 8), (bench.Raft.Term, bench.Raft.CommitIndex.Value));
        bench.Take();
        var write = bench.SlowDisk.Single();
        Assert.Equal((new Term(3), snapshot), (write.HardState!.Value.Term, write.Snapshot));
    }

    /// <summary>Found by the simulation: the log refuses a commit index that goes back, and the node stopped.</summary>
    [Fact]
    public void A_second_snapshot_before_the_first_is_durable_does_not_take_the_commit_index_back()
    {
        var bench = new Bench { SlowDisk = new Queue<RaftWrite>() };
        bench.Step(Snapshot(index: 8, term: 1));
        bench.Step(Snapshot(index: 9, term: 1));
        Assert.Equal([8, 9], bench.SlowDisk.Select(w => w.HardState!.Value.Commit.Value));
    }

    [Fact]
    public void An_old_snapshot_takes_nothing_back()
    {
        var bench = new Bench();
        bench.Step(Snapshot(index: 8, term: 1));
        Assert.Equal(8, Assert.IsType<AppendReply>(Assert.Single(bench.Step(Snapshot(index: 5, term: 1)))).MatchIndex.Value);
        Assert.Equal(8, bench.Raft.LastIndex.Value);
    }

    [Fact]
    public void An_absent_member_gets_no_snapshot_before_a_message_of_it_comes()
    {
        var bench = new Bench(members: "1v 2v 3v").Lead();
        bench.Raft.Compact(new SnapshotMetadata(new LogIndex(2), new Term(2), Members), new LogIndex(3));
        bench.Raft.Unreachable(Bench.Three);
        Assert.DoesNotContain(bench.Tick(3), m => m is SnapshotRequest);

        var rejected = new AppendReply(
            Bench.Three, Bench.One, new Term(2), LogIndex.Zero, new LogIndex(1), LogIndex.Zero, default);
        Assert.IsType<SnapshotRequest>(Assert.Single(bench.Step(rejected)));
    }

    [Fact]
    public void Compaction_keeps_the_given_tail()
    {
        var bench = new Bench(terms: [1, 1, 1]).Lead();
        bench.Raft.Compact(new SnapshotMetadata(new LogIndex(4), new Term(1), Members), new LogIndex(3));
        Assert.Equal(3, bench.Raft.FirstIndex.Value);
        Assert.Throws<InvariantViolationException>(
            () => bench.Raft.Compact(new SnapshotMetadata(new LogIndex(9), new Term(2), Members), new LogIndex(3)));
    }

    private static LogEntry OnlyOneAt(long index) => new(
        new LogIndex(index),
        new Term(1),
        EntryKind.Membership,
        MembershipCodec.Encode(Scripts.ScriptCommand.ParseMembership(["1v"])));

    private static SnapshotRequest Snapshot(long index, long term) => new(
        Bench.Two, Bench.One, new Term(term), new SnapshotMetadata(new LogIndex(index), new Term(term), Members));
}
