using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>I1: at most one leader a term (thesis, section 3.4).</summary>
internal sealed class ElectionSafety
{
    private readonly Dictionary<Term, NodeId> _leaders = [];

    public NodeId? LeaderOf(Term term) => _leaders.TryGetValue(term, out var leader) ? leader : null;

    public void BecameLeader(NodeId node, Term term)
    {
        if (_leaders.TryGetValue(term, out var other) && other != node)
        {
            throw new ViolationException("I1 election safety", $"nodes {other} and {node} both lead term {term}");
        }

        _leaders[term] = node;
    }
}
