using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Sessions;

/// <summary>The live sessions, and for ten minutes by the retention clock those that have ended.</summary>
internal sealed class SessionTable(StateMachineOptions options, StateDigest digest)
{
    public const long EndedRetentionMilliseconds = 10 * 60 * 1_000;

    private readonly BlockList<long, Session, SessionOrder> _live = new();
    private readonly IndexedQueue<long, EndedSession, EndedSessionOrder> _ended = new();

    public int Count => _live.Count;

    public bool IsFull => _live.Count >= options.SessionsMax;

    public Session? Find(SessionId id) => _live.Find(id.Value);

    public BlockList<long, Session, SessionOrder>.Cursor After(SessionId id) => _live.After(id.Value);

    /// <summary>Why a session that is not live is not.</summary>
    public Outcome Missing(SessionId id) => _ended.Find(id.Value) is { } ended
        ? new Outcome(ResultCode.SessionExpired, ended.Info)
        : Outcome.Refused(ResultCode.SessionNotFound);

    public EndedSession? FindEnded(SessionId id) => _ended.Find(id.Value);

    public void Add(Session session)
    {
        _live.Add(session);
        digest.Add(session.ComputeHash());
    }

    public void Remove(Session session)
    {
        _live.Remove(session.Id.Value);
        digest.Remove(session.ComputeHash());
    }

    public void AddEnded(EndedSession ended)
    {
        LoadEnded(ended);
        while (_ended.Count > options.EndedSessionsMax)
        {
            ForgetOldest();
        }
    }

    /// <summary>Adds a session of a snapshot, within any bound.</summary>
    public void LoadEnded(EndedSession ended)
    {
        _ended.Enqueue(ended);
        digest.Add(ended.ComputeHash());
    }

    /// <summary>Forgets at most <paramref name="countMax"/> ended sessions that are old enough.</summary>
    public void Forget(long time, int countMax)
    {
        for (var i = 0; i < countMax && _ended.Count > 0; i++)
        {
            if (_ended.First.EndedAt + EndedRetentionMilliseconds > time)
            {
                return;
            }

            ForgetOldest();
        }
    }

    public FrozenQueue<EndedSession> FreezeEnded() => _ended.Freeze();

    private void ForgetOldest() => digest.Remove(_ended.Dequeue().ComputeHash());
}
