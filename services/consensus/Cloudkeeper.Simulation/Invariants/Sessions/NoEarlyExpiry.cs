using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Sessions;

/// <summary>
/// S1: a client whose keepalive (or the opening of its session) was acknowledged has a full TTL from the moment when it
/// sent it, and a time in which all nodes stood still does not count.
/// </summary>
internal sealed class NoEarlyExpiry(SessionBook sessions, FrozenTimes frozen) : ICommittedCheck
{
    private readonly Dictionary<SessionId, long> _expired = [];
    private readonly Dictionary<SessionId, long> _acknowledged = [];

    /// <param name="sentAt">When the client sent the acknowledged request, virtual microseconds.</param>
    public void Acknowledged(SessionId session, long sentAt)
    {
        _acknowledged[session] = Math.Max(sentAt, _acknowledged.GetValueOrDefault(session));
        if (_expired.TryGetValue(session, out var time))
        {
            Require(session, sentAt, time);
        }
    }

    public void Check(CommittedEntry entry)
    {
        for (var i = 0; i < entry.Results.Count; i++)
        {
            if (entry.Batch!.Requests[i].Command is not ExpireSessionsCommand command)
            {
                continue;
            }

            foreach (var expired in command.Sessions)
            {
                if (sessions.Find(expired.Session) is { } life && life.EndedAt == entry.Results[i].Revision)
                {
                    Expired(expired.Session, entry.Time);
                }
            }
        }
    }

    private void Expired(SessionId session, long time)
    {
        _expired[session] = time;
        if (_acknowledged.TryGetValue(session, out var sentAt))
        {
            Require(session, sentAt, time);
        }
    }

    private void Require(SessionId session, long sentAt, long expiredAt)
    {
        // The nodes count whole milliseconds.
        var ttl = (sessions.Find(session)!.TtlMilliseconds - 1) * Scheduler.Millisecond;
        if (expiredAt - frozen.Between(sentAt, expiredAt) < sentAt + ttl)
        {
            throw new ViolationException(
                "S1 no early expiry",
                $"session {session} expires {(expiredAt - sentAt) / 1e6:F6} s after an acknowledged keepalive was "
                + $"sent, {frozen.Between(sentAt, expiredAt) / 1e6:F6} s of them frozen, TTL {ttl / 1e6:F3} s");
        }
    }
}
