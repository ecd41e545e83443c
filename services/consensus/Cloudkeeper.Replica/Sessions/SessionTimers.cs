using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Replica.Sessions;

/// <summary>
/// The leader's count of keepalives: when each session runs out. Kept in memory only; a new leader begins with every
/// session at its full TTL (bug B-63), so that no session ends early because a leader did.
/// </summary>
internal sealed class SessionTimers
{
    private readonly Dictionary<SessionId, Timer> _timers = [];
    private readonly PriorityQueue<SessionId, long> _queue = new();

    public int Count => _timers.Count;

    public void Start(SessionId session, long ttlMilliseconds, long now)
    {
        if (_timers.TryAdd(session, new Timer(ttlMilliseconds) { LastKeepalive = now, Deadline = now + ttlMilliseconds }))
        {
            _queue.Enqueue(session, now + ttlMilliseconds);
        }
    }

    /// <summary>Milliseconds left after a keepalive received at <paramref name="receivedAt"/>; null: no such session.</summary>
    public long? Touch(SessionId session, long receivedAt, long now)
    {
        if (!_timers.TryGetValue(session, out var timer) || timer.IsExpiring)
        {
            return null;
        }

        timer.LastKeepalive = Math.Max(timer.LastKeepalive, receivedAt);
        timer.Deadline = Math.Max(timer.Deadline, receivedAt + timer.TtlMilliseconds);
        return timer.Deadline - now;
    }

    /// <summary>Milliseconds left; null: no such session.</summary>
    public long? Remaining(SessionId session, long now) =>
        _timers.TryGetValue(session, out var timer) ? Math.Max(0, timer.Deadline - now) : null;

    /// <summary>
    /// Takes up to <paramref name="countMax"/> sessions that have run out. From here on no keepalive of theirs is
    /// counted: an acknowledged one must never be followed by an expiry that was decided before it.
    /// </summary>
    /// <remarks>
    /// They end in one revision: together they have at most <paramref name="ephemeralsMax"/> nodes, or it is one alone. The
    /// others are due again at once.
    /// </remarks>
    /// <param name="unixNow">The wall clock's time at <paramref name="now"/>.</param>
    /// <param name="ephemeralsOf">Null: the session has ended meanwhile, and its timer goes.</param>
    public void TakeExpired(
        long now,
        long unixNow,
        int countMax,
        int ephemeralsMax,
        Func<SessionId, int?> ephemeralsOf,
        List<ExpiredSession> expired)
    {
        var ephemerals = 0;
        while (expired.Count < countMax && _queue.TryPeek(out var session, out var due) && due <= now)
        {
            if (ephemeralsOf(session) is not { } count)
            {
                _queue.Dequeue();
                _timers.Remove(session);
                continue;
            }

            var timer = _timers[session];
            if (timer.Deadline > now)
            {
                _queue.Dequeue();
                _queue.Enqueue(session, timer.Deadline);
                continue;
            }

            ephemerals += count;
            if (ephemerals > ephemeralsMax && expired.Count > 0)
            {
                return;
            }

            _queue.Dequeue();
            timer.IsExpiring = true;
            expired.Add(new ExpiredSession(session, unixNow - (now - timer.LastKeepalive)));
        }
    }

    /// <summary>The expiry could not be proposed: these are due again at once.</summary>
    public void Retry(IReadOnlyList<ExpiredSession> expired)
    {
        foreach (var (session, _) in expired)
        {
            var timer = _timers[session];
            timer.IsExpiring = false;
            _queue.Enqueue(session, timer.Deadline);
        }
    }

    public void Clear()
    {
        _timers.Clear();
        _queue.Clear();
    }

    private sealed class Timer(long ttlMilliseconds)
    {
        public long TtlMilliseconds { get; } = ttlMilliseconds;

        public long LastKeepalive { get; set; }

        public long Deadline { get; set; }

        public bool IsExpiring { get; set; }
    }
}
