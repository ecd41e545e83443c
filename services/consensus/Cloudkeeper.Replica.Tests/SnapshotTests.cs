using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Replica.Tests;

/// <summary>When snapshots are begun. Found by the simulation.</summary>
public sealed class SnapshotTests
{
    private readonly LonelyHost _host = new(
        new ReplicaOptions { SnapshotLogEntries = 3, SnapshotRetryMilliseconds = 1_000 });

    [Fact]
    public void A_snapshot_that_found_no_room_is_not_tried_again_at_once()
    {
        _host.Elect();
        Write(4);
        Fail(Assert.Single(_host.Snapshots));

        Write(4);
        Assert.Single(_host.Snapshots);

        _host.Pass(1_001);
        Assert.Equal(2, _host.Snapshots.Count);
    }

    /// <summary>It lets the log be cut, as soon as the state has become smaller; it goes through the whole tree.</summary>
    [Fact]
    public void With_little_room_a_snapshot_is_made_before_it_is_due_but_not_all_the_time()
    {
        var host = new LonelyHost(new ReplicaOptions { SnapshotRetryMilliseconds = 1_000 }).Elect();
        host.Write(new OpenSessionCommand(60_000, "a"));
        Assert.Empty(host.Snapshots);

        host.Replica.Room = StorageRoom.Low;
        host.Replica.Advance();
        var first = Assert.Single(host.Snapshots);

        host.Replica.SnapshotStored(first, succeeded: true);
        host.Write(new CloseSessionCommand(new SessionId(1)));
        Assert.Single(host.Snapshots);
        host.Pass(1_001);
        Assert.Equal(2, host.Snapshots.Count);
    }

    [Fact]
    public void A_snapshot_that_is_stored_is_followed_by_the_next_when_it_is_due()
    {
        _host.Elect();
        Write(4);
        Write(4);
        Assert.Single(_host.Snapshots);

        _host.Replica.SnapshotStored(_host.Snapshots[0], succeeded: true);
        _host.Replica.Advance();
        Assert.Equal(2, _host.Snapshots.Count);
    }

    /// <summary>One that was abandoned for the leader's reports late: the present one must go on.</summary>
    [Fact]
    public void The_end_of_another_snapshot_does_not_end_the_present_one()
    {
        _host.Elect();
        Write(4);
        var present = Assert.Single(_host.Snapshots);
        _host.Replica.SnapshotStored(present with { Index = present.Index.Previous() }, succeeded: false);
        _host.Pass(2_000);
        Write(4);
        Assert.Single(_host.Snapshots);
    }

    [Fact]
    public void A_snapshot_that_is_asked_for_is_made_at_once_and_answered_when_it_is_durable()
    {
        _host.Elect();
        Write(1);
        Raft.SnapshotMetadata? answer = null;
        _host.Replica.RequestSnapshot(_host.Replica.AppliedIndex, snapshot => answer = snapshot);
        _host.Replica.Advance();
        var made = Assert.Single(_host.Snapshots);
        Assert.Equal(_host.Replica.AppliedIndex, made.Index);
        Assert.Null(answer);

        _host.Replica.SnapshotStored(made, succeeded: true);
        _host.Replica.Advance();
        Assert.Equal(made, answer);
        Assert.Single(_host.Snapshots);
    }

    [Fact]
    public void A_request_for_more_than_the_snapshot_under_way_gets_the_next_one()
    {
        _host.Elect();
        Write(4);
        var first = Assert.Single(_host.Snapshots);
        Write(1);
        Raft.SnapshotMetadata? answer = null;
        _host.Replica.RequestSnapshot(_host.Replica.AppliedIndex, snapshot => answer = snapshot);
        _host.Replica.SnapshotStored(first, succeeded: true);
        _host.Replica.Advance();
        Assert.Null(answer);

        _host.Replica.SnapshotStored(_host.Snapshots[1], succeeded: true);
        _host.Replica.Advance();
        Assert.Equal(_host.Snapshots[1], answer);
    }

    [Fact]
    public void A_request_for_a_snapshot_on_a_full_disk_is_answered()
    {
        _host.Elect();
        Write(1);
        var answers = new List<Raft.SnapshotMetadata?>();
        _host.Replica.RequestSnapshot(_host.Replica.AppliedIndex, answers.Add);
        _host.Replica.Advance();
        Fail(Assert.Single(_host.Snapshots));
        Assert.Null(Assert.Single(answers));
    }

    [Fact]
    public void A_damaged_snapshot_is_replaced_at_once_though_nothing_has_been_applied_since()
    {
        _host.Elect();
        var damaged = Take();
        _host.Replica.SnapshotDamaged(damaged.Index);
        _host.Replica.Advance();
        Assert.Equal([damaged, damaged], _host.Snapshots);

        Store();
        _host.Pass(2_000);
        Assert.Equal(2, _host.Snapshots.Count);
    }

    [Fact]
    public void A_request_for_a_snapshot_does_not_get_the_damaged_one()
    {
        _host.Elect();
        var damaged = Take();
        _host.Replica.SnapshotDamaged(damaged.Index);
        Raft.SnapshotMetadata? answer = null;
        _host.Replica.RequestSnapshot(damaged.Index, snapshot => answer = snapshot);
        _host.Replica.Advance();
        Assert.Null(answer);

        Store();
        Assert.Equal(damaged, answer);
    }

    [Fact]
    public void A_damaged_snapshot_for_whose_successor_there_is_no_room_is_replaced_later()
    {
        _host.Elect();
        _host.Replica.SnapshotDamaged(Take().Index);
        _host.Replica.Advance();
        Fail(_host.Snapshots[1]);
        Assert.Equal(2, _host.Snapshots.Count);

        _host.Pass(1_001);
        Assert.Equal(3, _host.Snapshots.Count);
    }

    /// <summary>The sender may find the damage long after the snapshot was replaced.</summary>
    [Fact]
    public void Damage_of_an_older_snapshot_is_of_no_account()
    {
        _host.Elect();
        var older = Take();
        Take();
        _host.Replica.SnapshotDamaged(older.Index);
        _host.Pass(2_000);
        Assert.Equal(2, _host.Snapshots.Count);
    }

    /// <summary>A stored one of everything so far.</summary>
    private Raft.SnapshotMetadata Take()
    {
        Write(1);
        _host.Replica.RequestSnapshot(_host.Replica.AppliedIndex, static _ => { });
        _host.Replica.Advance();
        return Store();
    }

    private Raft.SnapshotMetadata Store()
    {
        var stored = _host.Snapshots[^1];
        _host.Replica.SnapshotStored(stored, succeeded: true);
        _host.Replica.Advance();
        return stored;
    }

    private void Fail(Raft.SnapshotMetadata snapshot)
    {
        _host.Replica.SnapshotStored(snapshot, succeeded: false);
        _host.Replica.Advance();
    }

    private void Write(int batches)
    {
        for (var i = 0; i < batches; i++)
        {
            _host.Write(new OpenLaneCommand());
        }
    }
}
