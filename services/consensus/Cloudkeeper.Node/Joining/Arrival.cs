using System.Net;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Joining;

/// <summary>
/// The first moments of a member in its cluster: tells each step in the log, and tells the cluster what of the node has
/// changed since the log was written.
/// </summary>
internal sealed partial class Arrival(
    NodeSetup setup, MembershipClient client, TimeProvider time, ProgressLog progress, ILogger<Arrival> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Without a leader for so long, the others may know another address than the log of this node says: it tells them.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Ends once everything is as it should be.</summary>
    public async Task FollowAsync(ReplicaHost replica, CancellationToken cancellationToken)
    {
        var steps = new ArrivalSteps(replica.Id, progress);
        var toldAt = time.GetTimestamp();
        var isTold = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            var view = await replica.AskAsync(r => new MemberSelfView(
                r.Membership, r.CommittedMembership, r.Leader, r.CommitIndex, r.AppliedIndex));
            steps.Observe(view);
            var isCurrent = IsCurrent(view.Membership.Find(replica.Id), replica);
            if (steps.AreDone && isCurrent)
            {
                return;
            }

            var isLost = view.Leader is null && time.GetElapsedTime(toldAt) > Patience;
            if (isLost || (!isCurrent && view.Leader is not null && !isTold))
            {
                isTold = await TellAsync(replica, view, cancellationToken);
                toldAt = time.GetTimestamp();
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The log knows this node as it is now. Who is not in it yet was announced when it joined.</summary>
    private bool IsCurrent(Member? self, ReplicaHost replica) => self is null
        || (self.Address == setup.Address && self.Level == FeatureLevels.Newest && self.Instance == replica.Self.Instance);

    /// <returns>True: the cluster has decided, one way or the other.</returns>
    private async Task<bool> TellAsync(ReplicaHost replica, MemberSelfView view, CancellationToken cancellationToken)
    {
        if (view.Leader == replica.Id)
        {
            var announcement = new Announcement(
                replica.ClusterId, replica.Id, replica.Self.Instance, setup.Address, FeatureLevels.Newest);
            var outcome = await replica.ChangeAsync((r, reply) => r.Announce(announcement, reply));
            return Notice(replica, outcome.Status is ChangeStatus.Done, outcome.Code, outcome.Detail);
        }

        var body = new AnnouncementBody(
            replica.ClusterId, replica.Id.Value, replica.Self.Instance, setup.Address, FeatureLevels.Newest);
        foreach (var address in AddressesIn(view, replica.Id))
        {
            var reply = await client.AnnounceAsync(address, body, cancellationToken);
            var refusal = reply is { Status: HttpStatusCode.Conflict } ? reply.Read<RefusalBody>() : null;
            if (reply is { Status: HttpStatusCode.OK } || refusal is not null)
            {
                return Notice(replica, refusal is null, refusal?.Code, refusal?.Detail);
            }
        }

        return false;
    }

    private bool Notice(ReplicaHost replica, bool isAccepted, string? code, string? detail)
    {
        if (code == ChangeCodes.Removed)
        {
            replica.NoticeRemoval(detail!);
        }
        else if (code is not null)
        {
            LogRefused(logger, code, detail!);
        }

        return isAccepted || code is not null;
    }

    private IEnumerable<string> AddressesIn(MemberSelfView view, NodeId self) =>
        new[] { view.Leader is { } leader ? view.Membership.Find(leader)?.Address : null }.OfType<string>()
            .Concat(view.Membership.Members.Where(m => m.Id != self).Select(m => m.Address))
            .Concat(setup.OtherAddresses)
            .Where(a => a != setup.Address)
            .Distinct(StringComparer.Ordinal);

    [LoggerMessage(1, LogLevel.Error, "The cluster refuses what this node says of itself ({Code}): {Detail}")]
    private static partial void LogRefused(ILogger logger, string code, string detail);
}

/// <summary>What a member knows of itself at one moment.</summary>
internal sealed record MemberSelfView(
    Membership Membership, Membership Committed, NodeId? Leader, LogIndex Commit, LogIndex Applied);

/// <summary>Tells the steps of a member's arrival, each once and in their order.</summary>
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
