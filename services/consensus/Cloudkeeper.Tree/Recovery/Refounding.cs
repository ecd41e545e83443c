using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree.Recovery;

/// <summary>Makes the state of one cluster the first state of another.</summary>
/// <remarks>
/// The old cluster may have gone on behind this state, and clients hold what it sent them: cursors, fences, ETags, ids
/// of sessions and lanes. None of that may mean something else in the new one. Its revisions therefore begin at the
/// next multiple of 2^44, which the old one never reached (bug B-75).
/// </remarks>
internal sealed class Refounding(TreeState state, SessionCommands sessions)
{
    public void Run(long index, Revision above)
    {
        Invariant.Require(state.Snapshot is null, "no snapshot is under way");
        var known = Math.Max(state.Revision.Value, above.Value);
        var incarnation = (known / Revision.IncarnationStride) + 1;
        var revision = new Revision(incarnation * Revision.IncarnationStride);
        Invariant.Require(revision.Value < Revision.ValueMax, "512 incarnations of a cluster at most");
        state.AppliedIndex = index;

        // Terms begin anew as well: the count of a leader with this number was another's.
        (state.Retention.LastTerm, state.Retention.LastAwake) = (0, 0);
        state.Revision = new Revision(revision.Value - 1);
        EndSessions();

        // Also when there was no session to end.
        state.Revision = revision;
        state.History.Clear(revision);

        // Ids of lanes are indexes of the log, and this log begins anew: a gateway's old lane must not become another's.
        state.Lanes.Clear(revision.Value);
    }

    /// <summary>It is unknown which of them still live.</summary>
    private void EndSessions()
    {
        var transaction = state.Begin();
        var live = new List<Session>();
        for (var cursor = state.Sessions.After(new SessionId(-1)); cursor.MoveNext();)
        {
            live.Add(cursor.Current);
        }

        foreach (var session in live)
        {
            sessions.End(transaction, session, SessionEndReason.Ttl, lastKeepaliveAt: state.Time);
        }

        state.End(transaction, Outcome.Ok());
    }
}
