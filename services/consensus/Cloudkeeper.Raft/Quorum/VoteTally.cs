namespace Cloudkeeper.Raft.Quorum;

/// <summary>The votes of one election; of each voter the first one counts.</summary>
internal sealed class VoteTally
{
    private readonly List<(NodeId Voter, bool Granted)> _votes = [];
    private readonly Func<NodeId, bool?> _voteOf;

    public VoteTally() => _voteOf = Find;

    public void Clear() => _votes.Clear();

    public void Record(NodeId voter, bool granted)
    {
        if (Find(voter) is null)
        {
            _votes.Add((voter, granted));
        }
    }

    public VoteResult Result(JointQuorum quorum) => quorum.Result(_voteOf);

    private bool? Find(NodeId voter)
    {
        foreach (var vote in _votes)
        {
            if (vote.Voter == voter)
            {
                return vote.Granted;
            }
        }

        return null;
    }
}
