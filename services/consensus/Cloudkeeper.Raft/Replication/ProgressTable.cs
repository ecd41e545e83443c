namespace Cloudkeeper.Raft.Replication;

/// <summary>The progress of every member, the leader itself included, in order of id.</summary>
internal sealed class ProgressTable
{
    private readonly RaftOptions _options;
    private Progress[] _all = [];

    public ProgressTable(RaftOptions options)
    {
        _options = options;
        MatchOf = id => Find(id)?.Match.Value ?? 0;
        AnsweredRoundOf = id => Find(id)?.AnsweredRound ?? 0;
        IsActive = id => Find(id)?.IsActive ?? false;
    }

    // Made once: the quorum asks with these for every reply.
    public Func<NodeId, long> MatchOf { get; }

    public Func<NodeId, long> AnsweredRoundOf { get; }

    public Func<NodeId, bool?> IsActive { get; }

    public ReadOnlySpan<Progress> All => _all;

    public Progress? Find(NodeId id)
    {
        foreach (var progress in _all)
        {
            if (progress.Id == id)
            {
                return progress;
            }
        }

        return null;
    }

    public void Clear() => _all = [];

    /// <summary>A new leadership knows nothing of the others: every log is probed, beginning at its end.</summary>
    public void Restart(Membership membership, LogIndex next)
    {
        Clear();
        Add(membership, next);
    }

    /// <summary>Keeps members that stay, forgets those that left, and begins to probe new ones.</summary>
    public void Follow(Membership membership, LogIndex next)
    {
        foreach (var added in Add(membership, next))
        {
            // A new member must not make the next quorum check fail before it could answer at all.
            added.Heard();
        }
    }

    private List<Progress> Add(Membership membership, LogIndex next)
    {
        var added = new List<Progress>();
        var all = new Progress[membership.Members.Count];
        for (var i = 0; i < all.Length; i++)
        {
            var id = membership.Members[i].Id;
            if (Find(id) is not { } progress)
            {
                progress = new Progress(id, next, _options);
                added.Add(progress);
            }

            all[i] = progress;
        }

        _all = all;
        return added;
    }
}
