using Cloudkeeper.Raft.Replication;

namespace Cloudkeeper.Raft;

/// <summary>Handing leadership over (thesis, section 3.10).</summary>
public sealed partial class RaftNode
{
    private NodeId? _transferTarget;
    private int _transferElapsed;

    /// <summary>The member to which leadership is being handed; null: none, or this member does not lead.</summary>
    public NodeId? TransferTarget => _transferTarget;

    private bool IsTransferring => _transferTarget is not null;

    /// <summary>
    /// Hands leadership to a voter, the most caught-up one when null. False: not leading, or no such voter. Proposals
    /// and reads are refused until the target leads or an election timeout has passed.
    /// </summary>
    public bool TransferLeadership(NodeId? target)
    {
        if (Role != Role.Leader || FindSuccessor(target) is not { } progress)
        {
            return false;
        }

        if (_transferTarget != progress.Id)
        {
            _transferTarget = progress.Id;
            _transferElapsed = 0;
            ContinueTransfer(progress);
        }

        return true;
    }

    /// <summary>Never a learner (bug B-14), never this member itself.</summary>
    private Progress? FindSuccessor(NodeId? target)
    {
        Progress? best = null;
        foreach (var progress in _progress.All)
        {
            var isCandidate = progress.Id != Id
                && (target is null || target == progress.Id)
                && Membership.Find(progress.Id) is { IsVoter: true };
            if (isCandidate && (best is null || IsBetterSuccessor(progress, best)))
            {
                best = progress;
            }
        }

        return best;
    }

    private static bool IsBetterSuccessor(Progress progress, Progress than) =>
        progress.IsReachable != than.IsReachable ? progress.IsReachable : progress.Match > than.Match;

    /// <summary>Sent again with each sign of life until it works: the message may be lost.</summary>
    private void ContinueTransfer(Progress progress)
    {
        if (_transferTarget == progress.Id && progress.Match == LastIndex)
        {
            Send(new TimeoutNowRequest(Id, progress.Id, Term, LastIndex, _log.LastTerm));
        }
    }

    private void TickTransfer()
    {
        if (!IsTransferring || ++_transferElapsed < _options.ElectionTicks)
        {
            return;
        }

        EndTransfer();
        if (!IsVoter && _log.MembershipIndex <= CommitIndex)
        {
            // It does not belong to the deciding members any more, whether or not another one has followed it.
            StandDown();
        }
    }

    private void EndTransfer() => _transferTarget = null;

    /// <summary>
    /// A member without the leader's last entry may not know yet that it became a voter, and could not win anyway (bug
    /// B-16).
    /// </summary>
    private void OnTimeoutNowRequest(TimeoutNowRequest request)
    {
        if (MayLead && !AvoidsLeadership && _log.Contains(request.LastIndex, request.LastTerm))
        {
            StartElection(isTransfer: true);
        }
    }
}
