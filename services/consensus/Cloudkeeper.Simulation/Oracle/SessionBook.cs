using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Simulation.Invariants;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>When each session began and ended, by the committed log. S5: an id is never used twice.</summary>
internal sealed class SessionBook : ICommittedCheck
{
    private readonly SortedDictionary<long, SessionLife> _sessions = [];

    public IEnumerable<SessionLife> All => _sessions.Values;

    public SessionLife? Find(SessionId id) => _sessions.GetValueOrDefault(id.Value);

    public void Check(CommittedEntry entry)
    {
        for (var i = 0; i < entry.Results.Count; i++)
        {
            var result = entry.Results[i];
            if (entry.IsExecutedHere(result) && OpenedBy(entry.Batch!.Requests[i].Command, result) is { } opened)
            {
                Open(opened, result.Revision, entry.Time);
            }
        }

        foreach (var set in entry.Changes)
        {
            foreach (var ended in set.EndedSessions)
            {
                End(ended, set.Revision, entry.Time);
            }
        }
    }

    private static (SessionId, long Ttl)? OpenedBy(Command command, CommandResult result) =>
        (command, result.Body) switch
        {
            (OpenSessionCommand, SessionInfo session) => (session.Id, session.TtlMilliseconds),
            (AcquireLockCommand { Session: null } acquire, TicketInfo ticket) =>
                (ticket.Session, acquire.TtlMilliseconds),
            _ => null,
        };

    private void Open((SessionId Id, long Ttl) session, Revision revision, long time)
    {
        if (!_sessions.TryAdd(session.Id.Value, new SessionLife(session.Id, session.Ttl, revision, time)))
        {
            throw new ViolationException(
                "S5 session ids", $"session {session.Id} is opened again at revision {revision}");
        }
    }

    private void End(SessionId id, Revision revision, long time)
    {
        if (Find(id) is not { EndedAt: null } life)
        {
            throw new ViolationException("S5 session ids", $"session {id} ends at revision {revision} without living");
        }

        life.EndedAt = revision;
        life.EndTime = time;
    }
}

/// <param name="openTime">Virtual microseconds.</param>
internal sealed class SessionLife(SessionId id, long ttlMilliseconds, Revision openedAt, long openTime)
{
    public SessionId Id { get; } = id;

    public long TtlMilliseconds { get; } = ttlMilliseconds;

    public Revision OpenedAt { get; } = openedAt;

    public long OpenTime { get; } = openTime;

    public Revision? EndedAt { get; set; }

    public long EndTime { get; set; }

    /// <summary>It was alive when this revision was made.</summary>
    public bool IsAliveAt(Revision revision) => OpenedAt <= revision && !(EndedAt < revision);
}
