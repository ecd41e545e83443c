using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Reads;
using Cloudkeeper.Replica.Sessions;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica;

public sealed partial class ReplicaNode
{
    private const int ExpiredBatchMax = 1_000;
    private const long IdleNodesIntervalMilliseconds = 1_000;

    private long _idleNodesDue;
    private SessionId _newestSession;

    // The entry with the last ends that this leader has proposed.
    private LogIndex _ending;

    /// <summary>
    /// Counts keepalives. Answered only when a round has confirmed that this replica still leads: the real leader does
    /// not know the counts of a deposed one (invariant S1).
    /// </summary>
    /// <param name="reply">Null results: not leading.</param>
    public void Keepalive(IReadOnlyList<SessionId> sessions, Action<IReadOnlyList<KeepaliveResult>?> reply)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        var receivedAt = AwakeMilliseconds;
        Read(ReadConsistency.Linearizable, Revision.Zero, outcome => reply(
            outcome.Status == ReadStatus.Ready && IsServingLeader
                ? [.. sessions.Select(s => Count(s, receivedAt, outcome.Machine!) with { Revision = outcome.Machine!.Revision })]
                : null));
    }

    /// <summary>See <see cref="AwakeClock"/>.</summary>
    private long AwakeMilliseconds => _awake.Read(_host.MonotonicMilliseconds);

    /// <summary>Milliseconds until the session runs out; -1 when this replica does not count.</summary>
    public long ExpiresIn(SessionId session) =>
        IsServingLeader ? _sessions.Remaining(session, AwakeMilliseconds) ?? -1 : -1;

    private KeepaliveResult Count(SessionId session, long receivedAt, StateMachine machine)
    {
        if (machine.IsAlive(session) && _sessions.Touch(session, receivedAt, AwakeMilliseconds) is { } remaining)
        {
            return new KeepaliveResult(session, KeepaliveStatus.Alive, remaining);
        }

        // Alive and yet not counted: its expiry is on its way through the log and will not be taken back.
        var hasEnded = machine.IsAlive(session)
            || machine.Read(new ReadSessionRequest(session)).Code == ResultCode.SessionExpired;
        return new KeepaliveResult(session, hasEnded ? KeepaliveStatus.Expired : KeepaliveStatus.Unknown, 0);
    }

    /// <summary>Keeps the timers in step with the sessions of the state machine.</summary>
    /// <param name="wasServing">False: leadership has just begun, and every session gets its full TTL.</param>
    private void FollowSessions(bool wasServing)
    {
        if (!wasServing)
        {
            _sessions.Clear();
            _newestSession = default;
            _ending = LogIndex.Zero;
        }

        // Ids grow: sessions behind the newest known one were opened since.
        foreach (var session in Machine.LiveSessions(_newestSession))
        {
            _sessions.Start(session.Id, session.TtlMilliseconds, AwakeMilliseconds);
            _newestSession = session.Id;
        }
    }

    private void ExpireSessions()
    {
        // One after the other: all committed entries are applied in one turn.
        if (!IsServingLeader || _ending > _applied)
        {
            return;
        }

        var expired = new List<ExpiredSession>();
        _sessions.TakeExpired(
            AwakeMilliseconds,
            _host.UnixMilliseconds,
            ExpiredBatchMax,
            _options.Tree.EphemeralsMax,
            Machine.CountEphemerals,
            expired);
        if (expired.Count == 0)
        {
            return;
        }

        if (ProposeInternally(new ExpireSessionsCommand(_raft.Term.Value, expired)))
        {
            _ending = LastIndex;
        }
        else
        {
            _sessions.Retry(expired);
        }
    }

    private void RemoveIdleNodes()
    {
        var now = _host.MonotonicMilliseconds;
        if (!IsServingLeader || now < _idleNodesDue)
        {
            return;
        }

        _idleNodesDue = now + IdleNodesIntervalMilliseconds;
        var idle = new List<IdleNode>();
        Machine.CollectIdleNodes(Term.Value, Now, ExpiredBatchMax, idle);
        if (idle.Count > 0 || Machine.NeedsStamp(Term.Value, Now))
        {
            // Refused now: the same nodes are found again at the next interval.
            ProposeInternally(new RemoveIdleNodesCommand(_raft.Term.Value, idle));
        }
    }
}
