using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Replica.Sessions;

namespace Cloudkeeper.Replica.Tests;

public sealed class SessionTimersTests
{
    private static readonly SessionId A = new(1);
    private static readonly SessionId B = new(2);

    private readonly SessionTimers _timers = new();

    [Fact]
    public void A_session_runs_out_a_ttl_after_its_last_keepalive()
    {
        _timers.Start(A, ttlMilliseconds: 1_000, now: 0);
        Assert.Equal(1_000, _timers.Touch(A, receivedAt: 900, now: 900));

        Assert.Empty(Expired(now: 1_899));
        Assert.Equal([A], Expired(now: 1_900));
    }

    [Fact]
    public void A_keepalive_counts_from_its_receipt_not_from_its_confirmation()
    {
        _timers.Start(A, 1_000, now: 0);
        Assert.Equal(700, _timers.Touch(A, receivedAt: 200, now: 500));
    }

    [Fact]
    public void An_old_keepalive_that_is_confirmed_late_takes_nothing_away()
    {
        _timers.Start(A, 1_000, now: 0);
        _timers.Touch(A, receivedAt: 900, now: 900);
        Assert.Equal(950, _timers.Touch(A, receivedAt: 100, now: 950));
    }

    [Fact]
    public void No_keepalive_is_counted_once_the_expiry_is_under_way()
    {
        _timers.Start(A, 1_000, now: 0);
        Expired(now: 1_000);
        Assert.Null(_timers.Touch(A, receivedAt: 1_000, now: 1_000));
    }

    [Fact]
    public void An_expiry_that_could_not_be_proposed_is_due_again_and_keepalives_count_again()
    {
        _timers.Start(A, 1_000, now: 0);
        var expired = new List<ExpiredSession>();
        _timers.TakeExpired(1_000, 1_000, 10, int.MaxValue, _ => 0, expired);
        _timers.Retry(expired);

        Assert.Equal(1_000, _timers.Touch(A, receivedAt: 1_100, now: 1_100));
        Assert.Empty(Expired(now: 1_200));
        Assert.Equal([A], Expired(now: 2_100));
    }

    [Fact]
    public void Sessions_that_have_ended_meanwhile_are_forgotten()
    {
        _timers.Start(A, 1_000, now: 0);
        _timers.Start(B, 1_000, now: 0);
        Assert.Equal([B], Expired(now: 1_000, ephemeralsOf: s => s == B ? 0 : null));
        Assert.Null(_timers.Remaining(A, now: 1_000));
    }

    [Fact]
    public void No_more_than_the_limit_are_taken_at_once()
    {
        _timers.Start(A, 1_000, now: 0);
        _timers.Start(B, 1_000, now: 0);
        Assert.Single(Expired(now: 1_000, countMax: 1));
        Assert.Single(Expired(now: 1_000, countMax: 1));
        Assert.Empty(Expired(now: 1_000, countMax: 1));
    }

    [Fact]
    public void The_last_keepalive_is_reported_in_unix_time()
    {
        _timers.Start(A, 1_000, now: 0);
        _timers.Touch(A, receivedAt: 300, now: 300);
        var expired = new List<ExpiredSession>();
        _timers.TakeExpired(now: 1_300, unixNow: 5_001_300, 10, int.MaxValue, _ => 0, expired);
        Assert.Equal([new ExpiredSession(A, 5_000_300)], expired);
    }

    /// <summary>They end in one revision, and all replicas do that in one step.</summary>
    [Fact]
    public void Sessions_that_end_together_have_no_more_nodes_than_one_may_have()
    {
        SessionId[] ids = [A, B, new(3), new(4), new(5)];
        int[] nodes = [2, 3, 6, 9, 1];
        Array.ForEach(ids, id => _timers.Start(id, 1_000 + id.Value, now: 0));
        Assert.Equal([A, B], Take());
        Assert.Equal([ids[2]], Take());

        // More than may be alone: from before there was a bound.
        Assert.Equal([ids[3]], Take());
        Assert.Equal([ids[4]], Take());
        Assert.Empty(Take());

        IEnumerable<SessionId> Take() => Expired(now: 2_000, ephemeralsOf: id => nodes[Array.IndexOf(ids, id)], ephemeralsMax: 6);
    }

    private IEnumerable<SessionId> Expired(
        long now, int countMax = 10, Func<SessionId, int?>? ephemeralsOf = null, int ephemeralsMax = int.MaxValue)
    {
        var expired = new List<ExpiredSession>();
        _timers.TakeExpired(now, now, countMax, ephemeralsMax, ephemeralsOf ?? (_ => 0), expired);
        return expired.Select(e => e.Session);
    }
}
