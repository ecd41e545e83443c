using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>
/// I8: terms, commit and applied index of a node never go back, and a vote does not change within a term.
/// </summary>
internal sealed class Monotonicity
{
    private readonly Dictionary<(NodeId Voter, Term Term), NodeId> _votes = [];

    public static void RequireLater(NodeId node, HardState before, HardState now)
    {
        var isVoteKept = now.Term > before.Term || before.Vote is null || before.Vote == now.Vote;
        if (now.Term < before.Term || now.Commit < before.Commit || !isVoteKept)
        {
            throw new ViolationException("I8 monotonicity", $"node {node} goes from {before} to {now}");
        }
    }

    public static void RequireLater(NodeId node, string what, LogIndex before, LogIndex now)
    {
        if (now < before)
        {
            throw new ViolationException("I8 monotonicity", $"node {node}: {what} goes from {before} to {now}");
        }
    }

    /// <summary>The candidate to which a voter has sent its vote; of a candidate, itself.</summary>
    public NodeId? VoteOf(NodeId voter, Term term) => _votes.TryGetValue((voter, term), out var vote) ? vote : null;

    /// <summary>Across crashes too: a voter never gives two candidates its vote of one term.</summary>
    public void Voted(NodeId voter, Term term, NodeId candidate)
    {
        if (_votes.TryGetValue((voter, term), out var earlier) && earlier != candidate)
        {
            throw new ViolationException(
                "I8 monotonicity", $"node {voter} votes for {earlier} and for {candidate} in term {term}");
        }

        _votes[(voter, term)] = candidate;
    }
}
