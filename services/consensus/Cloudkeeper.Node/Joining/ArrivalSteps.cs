using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Joining;

/// <summary>Logs the steps of a member's arrival, each once and in their order.</summary>
internal sealed class ArrivalSteps(NodeId self, ProgressLog progress)
{
    private bool _hasCaughtUp;
    private bool _votes;

    public bool AreDone { get; private set; }

    public void Observe(MemberSelfView view)
    {
        var isLevel = view.Leader is not null && view.Applied == view.Commit && view.Applied > LogIndex.Zero;
        if (!_hasCaughtUp && isLevel)
        {
            _hasCaughtUp = true;
            progress.Say($"Caught up: n{self} has applied everything up to entry {view.Applied}.");
        }

        if (_hasCaughtUp && !_votes && view.Membership.Find(self) is { IsVoter: true })
        {
            _votes = true;
            progress.Say($"Voting: n{self} is one of {view.Membership.Members.Count(m => m.IsVoter)} voters.");
        }

        // A voter by an entry that is not committed may be none again.
        if (_votes && !AreDone && isLevel && view.Committed.Find(self) is { IsVoter: true, IsLeaving: false })
        {
            AreDone = true;
            progress.Say($"Able to lead: n{self} has the whole log, and its vote is committed.");
        }
    }
}

/// <summary>A member's state in its own view, at one moment.</summary>
internal sealed record MemberSelfView(
    Membership Membership, Membership Committed, NodeId? Leader, LogIndex Commit, LogIndex Applied)
{
    public required int FeatureLevel { get; init; }

    /// <summary>The members that keep the cluster at this level.</summary>
    public required IReadOnlyList<NodeId> LevelHolders { get; init; }

    /// <summary>By any membership that is not known to be over.</summary>
    public required IReadOnlyList<Member> Voters { get; init; }
}
