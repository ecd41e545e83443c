using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Invariants.Consensus;

namespace Cloudkeeper.Simulation.Invariants.Reads;

/// <summary>
/// Linearizable reads and keepalives, from their cause: before the answer, a quorum has answered a heartbeat that was sent
/// after the question had come (thesis, section 6.4; bugs B-22, B-36, B-37, B-61). A shorter way round shows in the answer
/// itself only when another leader commits in between.
/// </summary>
internal sealed class ConfirmedRounds
{
    private readonly Dictionary<long, long> _begun = [];
    private readonly Dictionary<NodeId, long> _answered = [];
    private Term _term;
    private long _confirmed = -1;

    public void Sending(HeartbeatRequest heartbeat, long now)
    {
        if (heartbeat.Term != _term)
        {
            _term = heartbeat.Term;
            _begun.Clear();
            _answered.Clear();
        }

        // A round may be sent again: it still proves no more than its first heartbeats.
        _begun.TryAdd(heartbeat.Round, now);
    }

    public void Received(HeartbeatReply reply)
    {
        if (reply.Term == _term && _begun.TryGetValue(reply.Round, out var begun))
        {
            _answered[reply.From] = Math.Max(begun, _answered.GetValueOrDefault(reply.From));
        }
    }

    /// <summary>A leader counts, itself included.</summary>
    public void Count(NodeId leader, Term term, Membership members, long now)
    {
        if (Quorums.Decides(members, id => id == leader))
        {
            _confirmed = now;
        }
        else if (term == _term)
        {
            foreach (var since in _answered.Values)
            {
                if (since > _confirmed && Quorums.Decides(members, id => id == leader || IsAnswered(id, since)))
                {
                    _confirmed = since;
                }
            }
        }
    }

    public void Require(NodeId node, long asked)
    {
        if (_confirmed < asked)
        {
            throw new ViolationException(
                "confirmed rounds",
                $"node {node} answers what was asked at {asked / 1e6} s: a quorum has confirmed {_confirmed / 1e6} s");
        }
    }

    private bool IsAnswered(NodeId id, long since) => _answered.TryGetValue(id, out var begun) && begun >= since;
}
