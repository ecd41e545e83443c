namespace Cloudkeeper.Raft.Quorum;

/// <summary>One set of voters, any majority of which decides. No voters: agrees with every decision.</summary>
internal sealed class Majority
{
    private const int OnStackMax = 16;
    private readonly NodeId[] _voters;

    public Majority(IEnumerable<NodeId> voters) => _voters = [.. voters];

    public IReadOnlyList<NodeId> Voters => _voters;

    public bool IsEmpty => _voters.Length == 0;

    public bool Contains(NodeId id) => Array.IndexOf(_voters, id) >= 0;

    /// <summary>
    /// The largest value that a majority has reached (log positions, read rounds); without voters, the maximum.
    /// </summary>
    public long Reached(Func<NodeId, long> reachedBy)
    {
        if (IsEmpty)
        {
            return long.MaxValue;
        }

        Span<long> values = _voters.Length <= OnStackMax ? stackalloc long[_voters.Length] : new long[_voters.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = reachedBy(_voters[i]);
        }

        // Everything from the chosen position to the end is at least as large: that is a majority, and no more than
        // one.
        values.Sort();
        return values[values.Length - Needed];
    }

    /// <summary>The decision of the votes cast so far; null is a vote not cast yet.</summary>
    public VoteResult Result(Func<NodeId, bool?> voteOf)
    {
        var granted = 0;
        var open = 0;
        foreach (var voter in _voters)
        {
            var vote = voteOf(voter);
            granted += vote is true ? 1 : 0;
            open += vote is null ? 1 : 0;
        }

        if (IsEmpty || granted >= Needed)
        {
            return VoteResult.Won;
        }

        return granted + open >= Needed ? VoteResult.Pending : VoteResult.Lost;
    }

    private int Needed => (_voters.Length / 2) + 1;
}
