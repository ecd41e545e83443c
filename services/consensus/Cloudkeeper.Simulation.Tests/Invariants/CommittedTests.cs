using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Sessions;
using static Cloudkeeper.Simulation.Tests.Invariants.ConsensusTests;

namespace Cloudkeeper.Simulation.Tests.Invariants;

/// <summary>Each invariant of the committed log, with what it must let pass and what it must not.</summary>
public sealed class CommittedTests
{
    private readonly CommittedLog _log = new();

    [Fact]
    public void S1_a_session_expires_before_its_time()
    {
        var session = _log.OpenSession(ttlMilliseconds: 1_000);
        _log.Facts.NoEarlyExpiry.Acknowledged(session, sentAt: 5_000_000);
        _log.Time = 5_900_000;
        Broken("S1", () => _log.Expire(session));
    }

    [Fact]
    public void S1_a_keepalive_is_acknowledged_that_came_too_late()
    {
        var session = _log.OpenSession(ttlMilliseconds: 1_000);
        _log.Time = 6_000_000;
        _log.Expire(session);
        _log.Facts.NoEarlyExpiry.Acknowledged(session, sentAt: 5_000_000);
        Broken("S1", () => _log.Facts.NoEarlyExpiry.Acknowledged(session, sentAt: 5_100_000));
    }

    [Fact]
    public void S1_a_time_in_which_all_stood_still_does_not_count()
    {
        var session = _log.OpenSession(ttlMilliseconds: 1_000);
        var other = _log.OpenSession(ttlMilliseconds: 1_000);
        _log.Facts.NoEarlyExpiry.Acknowledged(session, sentAt: 5_000_000);
        _log.Facts.NoEarlyExpiry.Acknowledged(other, sentAt: 5_000_000);
        _log.Facts.Frozen.Begin(5_400_000, 5_500_000, 9_000_000);
        _log.Facts.Frozen.Begin(6_000_000, 6_100_000, 9_900_000);
        _log.Facts.Frozen.End(9_500_000);
        _log.Time = 10_000_000;
        _log.Expire(session);
        _log.Time = 9_900_000;
        Broken("S1", () => _log.Expire(other));
    }

    [Fact]
    public void Z1_one_revision_does_more_than_it_may()
    {
        var delete = new MutationCommand(new DeleteOperation("/a", Recursive: true));
        _log.Add(delete, changes: [_log.Deleted("/a"), _log.Deleted("/a/b")]);
        Broken("Z1", () => _log.Add(delete, changes: [_log.Deleted("/a"), _log.Deleted("/a/b"), _log.Deleted("/a/c")]));
        var write = new MutationCommand(new WriteOperation("/a/b/c/d", default, "", Parents: true));
        Broken("Z1", () => _log.Add(
            write, changes: [_log.Created("/a"), _log.Created("/a/b"), _log.Created("/a/b/c"), _log.Created("/a/b/c/d")]));
    }

    [Fact]
    public void Z2_a_ttl_node_goes_before_its_time()
    {
        var ttl = _log.Created("/t");
        ttl = ttl with { Stat = ttl.Stat with { Kind = NodeKind.Ttl, TtlMilliseconds = 2_000 } };
        var write = new MutationCommand(new WriteOperation("/t", default, "", Kind: NodeKind.Ttl, TtlMilliseconds: 2_000));
        var remove = new RemoveIdleNodesCommand(2, []);
        _log.Time = 1_000_000;
        _log.Add(write, changes: [ttl]);
        _log.Time = 3_000_000;
        _log.Add(remove, changes: [_log.Deleted("/t")]);
        Assert.Equal(0, _log.Facts.Ttls.Count);
        _log.Add(write, changes: [ttl]);
        _log.Time = 4_900_000;
        Broken("Z2", () => _log.Add(remove, changes: [_log.Deleted("/t")]));
        _log.Add(write, changes: [ttl]);
        _log.Add(new MutationCommand(new DeleteOperation("/t")), changes: [_log.Deleted("/t")]);
    }

    [Fact]
    public void S3_a_session_acts_after_its_end()
    {
        var session = _log.OpenSession();
        _log.Acquire(session, held: true);
        _log.Expire(session, _log.Deleted("/locks/a/ticket-2"));
        Broken("S3", () => _log.Add(
            new MutationCommand(new WriteOperation("/e", default, "", Kind: NodeKind.Ephemeral, Session: session))));
    }

    [Fact]
    public void S4_a_session_ends_and_leaves_a_node()
    {
        var session = _log.OpenSession();
        _log.Add(new OpenLaneCommand(), changes: [_log.Created("/e", session)]);
        Broken("S4", () => _log.Expire(session));
    }

    [Fact]
    public void S4_an_ephemeral_node_without_a_living_owner() =>
        Broken("S4", () => _log.Add(new OpenLaneCommand(), changes: [_log.Created("/e", new SessionId(77))]));

    [Fact]
    public void S5_a_session_id_is_used_twice()
    {
        var session = _log.OpenSession();
        Broken("S5", () => _log.Add(
            new OpenSessionCommand(1_000, ""), new SessionInfo(session, "", 1_000, 0, null, 0)));
    }

    [Fact]
    public void S5_a_session_ends_twice()
    {
        var session = _log.OpenSession();
        _log.Expire(session);
        Broken("S5", () => _log.Expire(session));
    }

    [Fact]
    public void S5_a_session_that_was_opened_is_unknown()
    {
        var session = _log.OpenSession();
        var ended = _log.Facts.Ended;
        ended.RequireEnding(session, new KeepaliveResult(session, KeepaliveStatus.Expired, 0));
        ended.RequireEnding(new SessionId(99), new KeepaliveResult(new SessionId(99), KeepaliveStatus.Unknown, 0));
        Broken("S5", () => ended.RequireEnding(session, new KeepaliveResult(session, KeepaliveStatus.Unknown, 0)));
    }

    [Fact]
    public void S6_an_ephemeral_node_gets_a_child()
    {
        var session = _log.OpenSession();
        _log.Add(new OpenLaneCommand(), changes: [_log.Created("/e", session)]);
        Broken("S6", () => _log.Add(new OpenLaneCommand(), changes: [_log.Created("/e/child")]));
    }

    [Fact]
    public void L1_the_tickets_of_a_lock_are_granted_in_their_order()
    {
        var session = _log.OpenSession();
        var first = _log.Acquire(session, held: true);
        var second = _log.Acquire(session, held: false);
        _log.Release(first);
        Assert.True(_log.Facts.Locks.Find(second)!.IsHeldAt(new Revision(_log.Revision)));
        Assert.False(_log.Facts.Locks.Find(first)!.IsHeldAt(new Revision(_log.Revision)));
    }

    [Fact]
    public void L5_a_second_client_is_answered_that_it_holds_the_lock()
    {
        var session = _log.OpenSession();
        _log.Acquire(session, held: true);
        Broken("L5", () => _log.Acquire(session, held: true));
    }

    [Fact]
    public void L5_the_only_client_is_answered_that_it_waits()
    {
        var session = _log.OpenSession();
        Broken("L5", () => _log.Acquire(session, held: false));
    }

    [Fact]
    public void L4_a_command_is_executed_without_the_ticket_that_guards_it()
    {
        var session = _log.OpenSession();
        var ticket = _log.Acquire(session, held: true);
        _log.Add(new OpenLaneCommand(), fences: [ticket]);
        _log.Release(ticket);
        Broken("L4", () => _log.Add(new OpenLaneCommand(), fences: [ticket]));
    }

    [Fact]
    public void L6_a_token_that_was_never_granted_or_is_stale()
    {
        var session = _log.OpenSession();
        var first = _log.Acquire(session, held: true);
        var second = _log.Acquire(session, held: false);
        var resource = _log.Facts.Resource;
        Assert.True(resource.TryUse("/locks/a", first));
        Broken("L6", () => resource.TryUse("/locks/a", second));
        _log.Release(first);
        Assert.True(resource.TryUse("/locks/a", second));
        Assert.False(resource.TryUse("/locks/a", first));
    }

    [Fact]
    public void E1_a_serial_is_executed_twice()
    {
        var batch = new CommandBatch(new LaneId(1), 0, [new CommandRequest(500, null, 0, [], new OpenLaneCommand())]);
        _log.Add(batch, default, [Result(3)], []);
        _log.Add(batch, default, [Result(3)], []);
        Broken("E1", () => _log.Add(batch, default, [Result(4)], []));
    }

    [Fact]
    public void E1_a_counter_is_not_the_sum_of_the_additions()
    {
        var add = new MutationCommand(new AddOperation("/c", 5));
        _log.Add(add, new CounterResult("/c", 5, default));
        Broken("E1", () => _log.Add(add, new CounterResult("/c", 15, default)));
    }

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void E2_a_repeated_key_is_executed_again(long revision, bool replayed)
    {
        Repeat(serial: 1, revision: 3, replayed: false);
        Repeat(serial: 2, revision: 3, replayed: true);
        Broken("E2", () => Repeat(serial: 3, revision, replayed));
    }

    private void Repeat(long serial, long revision, bool replayed)
    {
        var request = new CommandRequest(serial, "key", 1, [], new OpenLaneCommand());
        var result = Result(revision) with { Replayed = replayed };
        _log.Add(new CommandBatch(new LaneId(7), 0, [request]), default, [result], []);
    }

    private static CommandResult Result(long revision) =>
        new(ResultCode.Ok, new Revision(revision), Replayed: false, Body: null);

    [Fact]
    public void E4_a_refused_command_changes_something()
    {
        var set = new ChangeSet(new Revision(0), new Revision(1), 0, [_log.Created("/a")], []);
        var put = new MutationCommand(new WriteOperation("/a", default, ""));
        var batch = new CommandBatch(new LaneId(1), 0, [new CommandRequest(1, null, 0, [], put)]);
        var refused = new CommandResult(ResultCode.TransactionFailed, new Revision(1), Replayed: false, Body: null);
        Broken("E4", () => _log.Add(batch, new Revision(0), [refused], [set]));
        new CommittedLog().Add(batch, new Revision(0), [refused with { Code = ResultCode.Ok }], [set]);
    }
}
