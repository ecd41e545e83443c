using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class HistoryTests
{
    [Fact]
    public void Every_revision_is_there_once_and_names_the_one_before()
    {
        var machine = new Machine();
        machine.Put("/a");
        machine.OpenSession();
        machine.Delete("/no");
        machine.Put("/a", "two");
        machine.Delete("/a");
        var sets = machine.History();
        Assert.Equal([1L, 2, 3, 4], sets.Select(set => set.Revision.Value));
        Assert.Equal([0L, 1, 2, 3], sets.Select(set => set.Previous.Value));
        Assert.Equal([3L, 4], machine.History(2).Select(set => set.Revision.Value));
        Assert.Empty(machine.History(99));
        var some = new List<ChangeSet>();
        machine.State.ReadHistory(new Revision(1), 2, some);
        Assert.Equal([2L, 3], some.Select(set => set.Revision.Value));
    }

    [Fact]
    public void Compacted_changes_are_reported_as_gone()
    {
        var machine = new Machine(new StateMachineOptions { HistorySetsMax = 3 });
        Assert.Equal(new Revision(1), machine.State.OldestRevision);
        for (var i = 0; i < 5; i++)
        {
            machine.Put("/a");
        }

        Assert.Equal(new Revision(3), machine.State.OldestRevision);
        var sets = new List<ChangeSet>();
        var status = machine.State.ReadHistory(new Revision(1), 10, sets);
        Assert.Equal((true, new Revision(3)), (status.IsCompacted, status.OldestRevision));
        Assert.Empty(sets);
        Assert.Equal(3, machine.History(2).Count);
        Assert.Equal(ResultCode.RevisionCompacted, ReadChange(machine, 2, "/a").Code);
        Assert.Equal(new Revision(3), ReadChange(machine, 2, "/a").OldestRevision);
    }

    [Fact]
    public void History_is_bounded_by_its_size_too()
    {
        var machine = new Machine(new StateMachineOptions { HistoryBytesMax = 10_000 });
        for (var i = 0; i < 10; i++)
        {
            machine.Put("/a", new string('x', 3_000));
        }

        Assert.Single(machine.History(machine.State.OldestRevision.Value - 1));
        machine.Put("/big", new string('x', 20_000));
        Assert.Equal(machine.State.Revision.Next(), machine.State.OldestRevision);
        Assert.Empty(machine.History(machine.State.Revision.Value));
    }

    [Fact]
    public void A_transaction_that_is_larger_than_the_history_is_kept_and_so_are_earlier_ones()
    {
        var machine = AtLevel(FeatureLevels.SparingHistory, new StateMachineOptions { HistoryFactBytesMax = 20_000 });
        machine.Put("/big");
        for (var i = 0; i < 3; i++)
        {
            machine.Transact([.. Enumerable.Range(0, 100).Select(j => Write($"/big/{i}-{j}", ""))]);
        }

        var before = machine.State.Revision.Value;
        machine.Put("/other");
        machine.Delete("/big", recursive: true);
        machine.Put("/other", "two");
        Assert.Equal(["/other", "/big", "/other"], machine.History(before).Select(set => set.Changes[0].Path));
        Assert.Equal(301, machine.History(before)[1].Changes.Count);
    }

    [Fact]
    public void An_entry_does_not_forget_its_own_changes()
    {
        var machine = AtLevel(FeatureLevels.SparingHistory, new StateMachineOptions { HistorySetsMax = 16 });
        var before = machine.State.Revision.Value;
        machine.Apply(new CommandBatch(LaneId.None, 0, [.. Enumerable.Range(0, 50).Select(i => Request(Put($"/{i}")))]));
        Assert.Equal(50, machine.History(before).Count);
        Assert.True(machine.State.HasMuchNews);
        machine.State.NewsTold();
        machine.Put("/next");
        Assert.False(machine.State.HasMuchNews);
        Assert.Equal(17, machine.History(machine.State.OldestRevision.Value - 1).Count);
    }

    [Fact]
    public void Large_values_are_forgotten_before_the_changes()
    {
        var machine = AtLevel(FeatureLevels.SparingHistory, new StateMachineOptions { HistoryValueBytesMax = 50_000 });
        var large = new string('x', 10_000);
        machine.Put("/small", "one");
        machine.Put("/small", "two");
        for (var i = 0; i < 10; i++)
        {
            machine.Put("/large", large + i);
        }

        machine.Put("/small", "three");
        var sets = machine.History();
        Assert.Equal(13, sets.Count);
        Assert.Equal((ResultCode.RevisionCompacted, null, null), Values(ReadChange(machine, 3, "/large")));
        Assert.Equal((ResultCode.Ok, large + 9, large + 8), Values(ReadChange(machine, 12, "/large")));
        Assert.Equal((ResultCode.Ok, "two", "one"), Values(ReadChange(machine, 2, "/small")));
        var loaded = SnapshotTests.Load(SnapshotTests.Write(machine.State), StateMachineOptions.Default);
        Same.States(machine.State, loaded);

        // No other value was written since: there it still is, and only the one before it is lost.
        for (var i = 0; i < 10; i++)
        {
            machine.Put("/larger", large + i);
        }

        machine.Put("/small", "four");
        Assert.Equal((ResultCode.RevisionCompacted, large + 9, null), Values(ReadChange(machine, 12, "/large")));
        Assert.Equal((ResultCode.RevisionCompacted, null, null), Values(ReadChange(machine, 11, "/large")));
        Assert.Equal(24, machine.History().Count);
    }

    [Fact]
    public void A_large_deletion_displaces_no_values()
    {
        var machine = AtLevel(FeatureLevels.SparingHistory, new StateMachineOptions { HistoryValueBytesMax = 60_000 });
        var large = new string('x', 10_000);
        machine.Put("/kept", large);
        machine.Put("/kept", "small");
        machine.Put("/big");
        for (var i = 0; i < 4; i++)
        {
            machine.Put($"/big/{i}", large);
        }

        machine.Delete("/big", recursive: true);
        var deleted = machine.State.Revision.Value;
        machine.Put("/other");
        Assert.Equal((ResultCode.Ok, "small", large), Values(ReadChange(machine, 2, "/kept")));
        Assert.Equal((ResultCode.RevisionCompacted, null, null), Values(ReadChange(machine, deleted, "/big/1")));
        Assert.Equal((ResultCode.Ok, null, ""), Values(ReadChange(machine, deleted, "/big")));
    }

    [Fact]
    public void Small_values_that_a_large_deletion_removes_are_values_too()
    {
        var machine = AtLevel(FeatureLevels.SparingHistory, new StateMachineOptions { HistoryValueBytesMax = 20_000 });
        machine.Put("/big");
        machine.Transact([.. Enumerable.Range(0, 100).Select(i => Write($"/big/{i}", new string('x', 100)))]);
        machine.Transact([.. Enumerable.Range(100, 100).Select(i => Write($"/big/{i}", new string('x', 100)))]);
        machine.Delete("/big", recursive: true);
        Assert.Equal((ResultCode.RevisionCompacted, null, null), Values(ReadChange(machine, 4, "/big/7")));
        Assert.Equal(ResultCode.NodeNotFound, ReadChange(machine, 4, "/big/200").Code);
    }

    [Fact]
    public void Replicas_that_have_lost_other_values_differ()
    {
        var (one, other) = (Lossy(50_000), Lossy(10_000));
        Assert.NotEqual(one.State.Digest, other.State.Digest);
        Assert.Equal(one.State.Digest, Lossy(50_000).State.Digest);

        static Machine Lossy(long bytesMax)
        {
            var machine = AtLevel(FeatureLevels.SparingHistory, new StateMachineOptions { HistoryValueBytesMax = bytesMax });
            machine.Put("/a", new string('x', 9_000));
            machine.Put("/a", new string('y', 9_000));
            machine.Put("/a");
            return machine;
        }
    }

    [Fact]
    public void One_change_can_be_read_with_both_values()
    {
        var machine = new Machine();
        var large = new string('x', Limits.FeedValueBytesMax + 1);
        machine.Put("/a", "one");
        machine.Put("/a", large);
        var change = ReadChange(machine, 2, "/a").Change!;
        Assert.Equal((large, "one"), (Text(change.Value!.Value), Text(change.Previous!.Value)));
        Assert.Equal(ResultCode.NodeNotFound, ReadChange(machine, 2, "/b").Code);
        Assert.Equal(ResultCode.NodeNotFound, ReadChange(machine, 3, "/a").Code);
    }

    [Fact]
    public void Deletions_outlive_the_history_up_to_their_own_bound()
    {
        var machine = new Machine(new StateMachineOptions { HistorySetsMax = 1, TombstonesMax = 2 });
        string[] paths = ["/a", "/b", "/c"];
        foreach (var path in paths)
        {
            machine.Put(path);
            machine.Delete(path);
        }

        Assert.Equal([0L, 4, 6], paths.Select(path => machine.Get(path).AbsentSince.Value));
        machine.Put("/b");
        machine.Delete("/b");
        Assert.Equal([0L, 8, 6], paths.Select(path => machine.Get(path).AbsentSince.Value));
    }

    [Fact]
    public void A_forgotten_deletion_is_reported_as_no_newer_than_the_floor()
    {
        var machine = AtLevel(FeatureLevels.DeletionFloor, new StateMachineOptions { TombstonesMax = 2 });
        string[] paths = ["/a", "/b", "/c"];
        foreach (var path in paths)
        {
            machine.Put(path);
        }

        machine.Delete("/a");
        machine.Delete("/b");
        Assert.Equal([4L, 5, 0], Absences(machine, "/a", "/b", "/never"));
        machine.Delete("/c");
        Assert.Equal([4L, 5, 6, 4], Absences(machine, "/a", "/b", "/c", "/never"));
        var children = (ReadChildrenResult)machine.State.Read(new ReadChildrenRequest("/a", "", 10, WithValues: false));
        var subtree = (ReadSubtreeResult)machine.State.Read(new ReadSubtreeRequest("/a", "", 10, 10, WithValues: false));
        Assert.Equal((new Revision(4), new Revision(4)), (children.AbsentSince, subtree.AbsentSince));

        var loaded = SnapshotTests.Load(SnapshotTests.Write(machine.State), new StateMachineOptions { TombstonesMax = 2 });
        Same.States(machine.State, loaded);
        Assert.Equal([4L, 5, 6, 4], Absences(new Machine(loaded), "/a", "/b", "/c", "/never"));
    }

    [Fact]
    public void Deletions_of_which_one_revision_forgets_a_part_are_no_older_than_that()
    {
        var machine = AtLevel(FeatureLevels.DeletionFloor, new StateMachineOptions { TombstonesMax = 2 });
        machine.Put("/a");
        machine.Put("/a/b");
        machine.Put("/a/c");
        machine.Delete("/a", recursive: true);
        Assert.Equal([4L, 4, 4, 4], Absences(machine, "/a", "/a/b", "/a/c", "/never"));
    }

    /// <summary>
    /// Before, no replica noted what was forgotten: two replicas must not come to different floors over it.
    /// </summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    public void A_floor_begins_where_the_oldest_known_deletion_is(int deletions, long floor)
    {
        var options = new StateMachineOptions { TombstonesMax = 2 };
        var machine = AtLevel(FeatureLevels.DeletionFloor - 1, options);
        for (var i = 0; i < deletions; i++)
        {
            machine.Put("/a");
            machine.Delete("/a");
        }

        Assert.Equal([0L], Absences(machine, "/never"));
        var loaded = new Machine(
            SnapshotTests.Load(SnapshotTests.Write(machine.State), options), machine.Index)
        { Now = machine.Now };
        machine.RaiseLevel(FeatureLevels.DeletionFloor);
        loaded.RaiseLevel(FeatureLevels.DeletionFloor);
        Assert.Equal([floor], Absences(machine, "/never"));
        Same.States(machine.State, loaded.State);
    }

    [Fact]
    public void Log_time_never_goes_back()
    {
        var machine = new Machine();
        machine.Put("/a");
        machine.Now -= 5_000;
        machine.Put("/b");
        Assert.Equal((Start, Start), (machine.State.Time, machine.Stat("/b").CreatedAt));
    }

    private static Machine AtLevel(int level, StateMachineOptions options)
    {
        var machine = new Machine(options);
        for (var next = FeatureLevels.First + 1; next <= level; next++)
        {
            machine.RaiseLevel(next);
        }

        return machine;
    }

    private static MutationCommand Put(string path) => new(Write(path, ""));

    private static WriteOperation Write(string path, string value) => new(path, Bytes(value), "text/plain");

    private static (ResultCode Code, string? Value, string? Previous) Values(ReadChangeResult result) => (
        result.Code,
        result.Change!.Value is { } value ? Text(value) : null,
        result.Change.Previous is { } previous ? Text(previous.Value) : null);

    private static IEnumerable<long> Absences(Machine machine, params string[] paths) =>
        paths.Select(path => machine.Get(path).AbsentSince.Value);

    private static ReadChangeResult ReadChange(Machine machine, long revision, string path) =>
        (ReadChangeResult)machine.State.Read(new ReadChangeRequest(new Revision(revision), path));
}
