using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// A member that knows of no leader grants its pre-vote to every member whose log is not behind its own: the later last
/// term, then the longer log (thesis, sections 3.6.1 and 9.6; bug B-07). Two that refuse each other are a cluster that
/// stands still for good, but only when there is no third one.
/// </summary>
internal sealed class FreePreVotes
{
    private readonly HashSet<NodeId> _due = [];
    private bool _isLogChanging;

    /// <param name="voter">Its log as of its last turn.</param>
    /// <param name="last">Where its log ends now.</param>
    public void Receiving(RaftMessage message, NodeView voter, Term term, NodeId? leader, LogIndex last)
    {
        _isLogChanging |= message is AppendRequest or SnapshotRequest;
        if (message is PreVoteRequest request
            && leader is null
            && request.Term > term
            && !_isLogChanging
            && last == voter.Written.LastIndex
            && (request.LastTerm, request.LastIndex).CompareTo((voter.Written.Last.Term, last)) >= 0)
        {
            _due.Add(request.From);
        }
    }

    public void Sending(RaftMessage message)
    {
        if (message is PreVoteReply { Granted: true })
        {
            _due.Remove(message.To);
        }
    }

    public void TurnEnded(NodeId voter)
    {
        _isLogChanging = false;
        if (_due.Count > 0)
        {
            throw new ViolationException(
                "free pre-votes", $"node {voter} refuses {string.Join(", ", _due)}, whose log is not behind, and follows no leader");
        }
    }
}
