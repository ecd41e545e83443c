using Cloudkeeper.Raft;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>What the log does, over the real and the simulated disk.</summary>
public abstract class LogConformance
{
    protected abstract IFileSystem Files { get; }

    [Fact]
    public void A_new_log_is_empty()
    {
        using var log = Make.Open(Files, out var recovered);
        Assert.Equal("term 0 vote  commit 0 snapshot  []", Make.Describe(recovered));
        Assert.Equal(new LogRecoveryReport(0, 0, null, false), log.Recovery);
        Assert.Equal(LogIndex.Zero, log.LastIndex);
    }

    [Fact]
    public void Hard_state_and_entries_come_back()
    {
        Store(
            Make.Write(Make.State(term: 3, vote: 2), Make.Entry(1, 1), Make.Entry(2, 3, "")),
            Make.Write(Make.State(term: 3, vote: 2, commit: 1)),
            Make.Entries(Make.Entry(3, 3) with { Kind = EntryKind.Membership }));

        var recovered = Make.Recover(Files);
        Assert.Equal(Make.State(term: 3, vote: 2, commit: 1), recovered.HardState);
        Assert.Equal(
            ["1/1/Command:314031", "2/3/Command:", "3/3/Membership:334033"],
            recovered.Entries.Select(Make.Describe));
    }

    [Fact]
    public void A_write_at_an_old_index_replaces_everything_from_there()
    {
        Store(
            Make.Write(Make.State(1), Make.Entry(1, 1), Make.Entry(2, 1), Make.Entry(3, 1)),
            Make.Write(Make.State(2), Make.Entry(2, 2)));

        Assert.Equal(["1@1", "2@2"], Indexes(Make.Recover(Files)));
    }

    [Fact]
    public void A_snapshot_in_a_write_makes_the_log_void_and_the_entries_with_it_begin_the_new_one()
    {
        Store(Make.Write(Make.State(1), Make.Entry(1, 1), Make.Entry(2, 1)));
        var snapshot = Make.Snapshot(index: 10, term: 2);
        Make.StoreSnapshot(Files, snapshot, "state");
        Store(new RaftWrite(0, Make.State(2, commit: 10), snapshot, [Make.Entry(11, 2)]));

        var recovered = Make.Recover(Files);
        Assert.Equal(["11@2"], Indexes(recovered));
        Assert.Equal(snapshot, recovered.Snapshot);
        Assert.Equal(Make.State(2, commit: 10), recovered.HardState);
    }

    [Fact]
    public void A_log_over_many_segments_comes_back_whole()
    {
        FillSegments(entries: 100);
        Assert.Equal(Enumerable.Range(1, 100).Select(i => i + "@1"), Indexes(Make.Recover(Files)));
        Assert.True(LogFiles().Count > 10);
    }

    [Fact]
    public void A_write_larger_than_a_segment_gets_one_of_its_own()
    {
        Store(Make.Write(Make.State(1), Make.Entry(1, 1, new byte[20_000])), Make.Entries(Make.Entry(2, 1)));
        Assert.Equal([20_000, 3], Make.Recover(Files).Entries.Select(e => e.Payload.Length));
    }

    [Fact]
    public void Compaction_deletes_segments_and_keeps_what_it_must()
    {
        FillSegments(entries: 100);
        var before = LogFiles().Count;
        Make.StoreSnapshot(Files, Make.Snapshot(60, 1), "state");
        using (var log = Make.Open(Files))
        {
            var size = log.SizeBytes;
            log.Compact(new LogIndex(50));
            Assert.True(log.SizeBytes < size / 2 + (4 << 10));
        }

        Assert.InRange(LogFiles().Count, 1, (before / 2) + 2);
        var recovered = Make.Recover(Files);
        Assert.InRange(recovered.Entries[0].Index.Value, 40, 50);
        Assert.Equal(100, recovered.Entries[^1].Index.Value);
    }

    [Fact]
    public void After_a_restart_behind_a_snapshot_compaction_deletes_even_segments_with_larger_indexes()
    {
        FillSegments(entries: 100);
        var snapshot = Make.Snapshot(50, term: 2);
        Make.StoreSnapshot(Files, snapshot, "state");
        using var log = Make.Open(Files);
        log.Append(new RaftWrite(0, Make.State(2, commit: 50), snapshot, []));
        log.Sync();
        log.Compact(new LogIndex(1));
        Assert.Single(LogFiles());
    }

    [Fact]
    public void A_snapshot_ahead_of_the_log_makes_it_begin_again()
    {
        Store(Make.Write(Make.State(1, vote: 1), Make.Entry(1, 1), Make.Entry(2, 1)));
        Make.StoreSnapshot(Files, Make.Snapshot(10, term: 4), "state");

        using (var log = Make.Open(Files, out var recovered))
        {
            Assert.True(log.Recovery.Restarted);
            Assert.Equal("term 4 vote  commit 10 snapshot 10 []", Make.Describe(recovered));
            log.Append(Make.Entries(Make.Entry(11, 4)));
            log.Sync();
        }

        Assert.Equal(["11@4"], Indexes(Make.Recover(Files)));
    }

    /// <summary>
    /// Found by the simulation: the next segment's header had more than the records before it: seeming damage.
    /// </summary>
    [Fact]
    public void A_snapshot_ahead_of_the_stored_commit_is_committed_and_the_next_segments_still_fit()
    {
        Store(Make.Write(Make.State(1, commit: 1), Make.Entry(1, 1), Make.Entry(2, 1), Make.Entry(3, 1)));
        Make.StoreSnapshot(Files, Make.Snapshot(2, term: 1), "state");
        using (var log = Make.Open(Files, out var recovered))
        {
            Assert.Equal(2, recovered.HardState.Commit.Value);
            for (var i = 4; i <= 200; i++)
            {
                log.Append(Make.Entries(Make.Entry(i, 1)));
            }

            log.Sync();
        }

        Assert.Equal(200, Make.Recover(Files).Entries[^1].Index.Value);
    }

    [Fact]
    public void A_log_that_went_another_way_than_the_snapshot_is_void()
    {
        Store(Make.Write(Make.State(5, vote: 1), Make.Entry(1, 1), Make.Entry(2, 1), Make.Entry(3, 5)));
        Make.StoreSnapshot(Files, Make.Snapshot(2, term: 3), "state");
        Assert.Equal("term 5 vote 1 commit 2 snapshot 2 []", Make.Describe(Make.Recover(Files)));
    }

    [Fact]
    public void A_snapshot_that_contradicts_a_committed_entry_is_damage()
    {
        Store(Make.Write(Make.State(5, commit: 2), Make.Entry(1, 1), Make.Entry(2, 1), Make.Entry(3, 5)));
        Make.StoreSnapshot(Files, Make.Snapshot(2, term: 3), "state");
        Assert.Throws<StorageCorruptedException>(() => Make.Recover(Files));
    }

    [Fact]
    public void The_entries_behind_a_snapshot_stay()
    {
        Store(Make.Write(Make.State(1), Make.Entry(1, 1), Make.Entry(2, 1), Make.Entry(3, 1)));
        Make.StoreSnapshot(Files, Make.Snapshot(2, term: 1), "state");
        var recovered = Make.Recover(Files);
        Assert.Equal(["1@1", "2@1", "3@1"], Indexes(recovered));
        Assert.Equal(2, recovered.HardState.Commit.Value);
    }

    [Fact]
    public void A_gap_between_snapshot_and_log_is_damage()
    {
        FillSegments(entries: 100);
        Make.StoreSnapshot(Files, Make.Snapshot(60, 1), "state");
        using (var log = Make.Open(Files))
        {
            log.Compact(new LogIndex(60));
        }

        Files.Delete(Files.List().Single(n => n.StartsWith("snapshot-", StringComparison.Ordinal)));
        var error = Assert.Throws<StorageCorruptedException>(() => Make.Recover(Files));
        Assert.Contains("newest intact snapshot ends at 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lost_log_is_not_begun_again_under_the_old_identity()
    {
        var options = Make.Options with { MayCreate = false };
        Assert.Throws<StorageCorruptedException>(() => Make.Open(Files, out _, options));
    }

    [Fact]
    public void A_new_log_can_begin_behind_a_snapshot()
    {
        Make.StoreSnapshot(Files, Make.Snapshot(7, term: 2), "state");
        Assert.Equal("term 2 vote  commit 7 snapshot 7 []", Make.Describe(Make.Recover(Files)));
        Store(Make.Entries(Make.Entry(8, 2)));
        Assert.Equal(["8@2"], Indexes(Make.Recover(Files)));
    }

    [Fact]
    public void A_log_of_another_cluster_is_refused()
    {
        Store(Make.Write(Make.State(1)));
        var options = Make.Options with { ClusterId = new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]) };
        var error = Assert.Throws<StorageCorruptedException>(() => Make.Open(Files, out _, options));
        Assert.Contains(Make.Cluster.ToString(), error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<RaftWrite> Nonsense() =>
    [
        Make.Entries(Make.Entry(5, 2)),
        Make.Entries(Make.Entry(2, 2)),
        Make.Entries(Make.Entry(4, 3)),
        Make.Entries(Make.Entry(4, 2), Make.Entry(6, 2)),
        Make.Entries(Make.Entry(4, 2), Make.Entry(5, 1)),
        Make.Write(Make.State(1, commit: 2)),
        Make.Write(Make.State(2, commit: 1, vote: 1)),
        Make.Write(Make.State(2, commit: 2, vote: 3)),
        Make.Write(Make.State(2, commit: 4, vote: 1)),
        new RaftWrite(0, null, Make.Snapshot(1, 1), []),
        new RaftWrite(0, null, Make.Snapshot(9, 3), []),
    ];

    [Theory]
    [MemberData(nameof(Nonsense), DisableDiscoveryEnumeration = true)]
    public void A_write_that_breaks_a_rule_of_Raft_is_a_bug_and_changes_nothing(RaftWrite nonsense)
    {
        using (var log = Make.Open(Files))
        {
            log.Append(Make.Write(
                Make.State(2, commit: 2, vote: 1), Make.Entry(1, 1), Make.Entry(2, 2), Make.Entry(3, 2)));
            Assert.Throws<InvariantViolationException>(() => log.Append(nonsense));
            log.Sync();
        }

        Assert.Equal("term 2 vote 1 commit 2", Make.Describe(Make.Recover(Files).HardState));
        Assert.Equal(["1@1", "2@2", "3@2"], Indexes(Make.Recover(Files)));
    }

    [Fact]
    public void Leftovers_of_a_crash_are_removed()
    {
        Make.Recover(Files);
        Files.Open("tmp-log-0000000000000002", FileOpening.CreateNew).Dispose();
        Files.Open("tmp-snapshot-1", FileOpening.CreateNew).Dispose();
        Make.Recover(Files);
        Assert.Equal(["log-0000000000000001"], Files.List());
    }

    private static IEnumerable<string> Indexes(RecoveredState state) =>
        state.Entries.Select(e => $"{e.Index}@{e.Term}");

    private void Store(params RaftWrite[] writes)
    {
        using var log = Make.Open(Files);
        foreach (var write in writes)
        {
            log.Append(write);
        }

        log.Sync();
    }

    private void FillSegments(int entries)
    {
        using var log = Make.Open(Files);
        log.Append(Make.Write(Make.State(1)));
        for (var i = 1; i <= entries; i++)
        {
            log.Append(Make.Entries(Make.Entry(i, 1, new byte[400])));
        }

        log.Sync();
    }

    private List<string> LogFiles() => [.. Files.List().Where(n => n.StartsWith("log-", StringComparison.Ordinal))];
}

public sealed class LogOnPhysicalDiskTests : LogConformance, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PhysicalFileSystem _files;

    public LogOnPhysicalDiskTests() => _files = new PhysicalFileSystem(_directory.Path);

    protected override IFileSystem Files => _files;

    public void Dispose()
    {
        _files.Dispose();
        _directory.Dispose();
    }
}

public sealed class LogOnSimulatedDiskTests : LogConformance
{
    protected override IFileSystem Files { get; } = new SimulatedFileSystem(new Random(1));
}
