using System.Text;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Sessions;

/// <summary>Opens and ends sessions. A session takes its ephemeral nodes, tickets and waits with it in one revision.</summary>
internal sealed class SessionCommands(TreeState state)
{
    public Outcome Open(Transaction transaction, OpenSessionCommand command)
    {
        if (Check(command.TtlMilliseconds, command.Name) is { } refusal)
        {
            return refusal;
        }

        return Outcome.Ok(Open(transaction, command.TtlMilliseconds, command.Name).Info);
    }

    public Outcome Close(Transaction transaction, CloseSessionCommand command)
    {
        if (state.Sessions.Find(command.Session) is not { } session)
        {
            return state.Sessions.Missing(command.Session);
        }

        // A client that closes its session is alive.
        return Outcome.Ok(End(transaction, session, SessionEndReason.Closed, transaction.Time));
    }

    /// <summary>All sessions of one decision end in one revision; those that have ended meanwhile are not mentioned.</summary>
    public Outcome Expire(Transaction transaction, ExpireSessionsCommand command)
    {
        if (command.DecidedIn == state.AppliedTerm)
        {
            foreach (var expired in command.Sessions)
            {
                if (state.Sessions.Find(expired.Session) is { } session)
                {
                    End(transaction, session, SessionEndReason.Ttl, expired.LastKeepaliveAt);
                }
            }
        }

        return Outcome.Ok();
    }

    /// <returns>Why no session can be opened, or null.</returns>
    public Outcome? Check(long ttlMilliseconds, string name)
    {
        if (ttlMilliseconds is < Limits.SessionTtlMillisecondsMin or > Limits.SessionTtlMillisecondsMax
            || Encoding.UTF8.GetByteCount(name) > Limits.NameBytesMax)
        {
            return Outcome.Refused(ResultCode.InvalidOperation);
        }

        return state.Sessions.IsFull ? Outcome.Refused(ResultCode.Overloaded) : null;
    }

    /// <summary>Its id is the revision that opens it: at most one a transaction.</summary>
    public Session Open(Transaction transaction, long ttlMilliseconds, string name)
    {
        var session = new Session(new SessionId(transaction.Revision.Value), name, ttlMilliseconds, transaction.Time);
        state.Sessions.Add(session);
        transaction.SessionOpened(session);
        return session;
    }

    public SessionInfo End(Transaction transaction, Session session, SessionEndReason reason, long lastKeepaliveAt)
    {
        state.Nodes.DeleteEphemerals(transaction, session);
        Invariant.Require(session.Ephemerals.Count == 0);
        state.Sessions.Remove(session);
        var info = session.Info with { EndReason = reason, LastKeepaliveAt = lastKeepaliveAt };
        transaction.SessionEnded(session, new EndedSession(info, state.Retention.Time));
        return info;
    }
}
