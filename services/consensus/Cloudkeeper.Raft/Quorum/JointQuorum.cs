namespace Cloudkeeper.Raft.Quorum;

/// <summary>
/// The rule by which a membership decides: a majority of the voters and, during a joint change, separately a majority
/// of the outgoing ones (thesis, section 4.3). Outside a joint change the outgoing set is empty: it agrees with all.
/// </summary>
internal sealed class JointQuorum
{
    private readonly Majority _incoming;
    private readonly Majority _outgoing;

    public JointQuorum(IEnumerable<NodeId> incoming, IEnumerable<NodeId> outgoing)
    {
        _incoming = new Majority(incoming);
        _outgoing = new Majority(outgoing);
        Voters = [.. _incoming.Voters.Union(_outgoing.Voters).OrderBy(v => v.Value)];
    }

    public static JointQuorum Of(Membership membership) => new(
        membership.Members.Where(m => m.IsVoter).Select(m => m.Id),
        membership.Members.Where(m => m.IsOutgoingVoter).Select(m => m.Id));

    /// <summary>All members whose vote counts in either set, in order of id.</summary>
    public IReadOnlyList<NodeId> Voters { get; }

    public bool IsJoint => !_outgoing.IsEmpty;

    public bool IsVoter(NodeId id) => _incoming.Contains(id) || _outgoing.Contains(id);

    /// <inheritdoc cref="Majority.Reached"/>
    public long Reached(Func<NodeId, long> reachedBy) =>
        Math.Min(_incoming.Reached(reachedBy), _outgoing.Reached(reachedBy));

    /// <inheritdoc cref="Majority.Result"/>
    public VoteResult Result(Func<NodeId, bool?> voteOf)
    {
        var incoming = _incoming.Result(voteOf);
        var outgoing = _outgoing.Result(voteOf);
        if (incoming == outgoing)
        {
            return incoming;
        }

        return incoming == VoteResult.Lost || outgoing == VoteResult.Lost ? VoteResult.Lost : VoteResult.Pending;
    }
}
