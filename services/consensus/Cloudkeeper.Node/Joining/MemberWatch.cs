using System.Net;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Joining;

/// <summary>
/// Looks after the member that this node is: logs each step of its arrival, announces to the cluster changes of the
/// node since the log was written, and asks for its fate when it receives no messages any more.
/// </summary>
internal sealed partial class MemberWatch(
    NodeSetup setup,
    MembershipClient client,
    AddressProbe probe,
    TimeProvider time,
    ProgressLog progress,
    ILogger<MemberWatch> logger)
{
    /// <summary>Of the fault and its remedy.</summary>
    private const int CopyDetailCharsMax = 800;

    private static readonly TimeSpan ArrivalPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <remarks>
    /// It asks after a long silence, and when a peer reports that it is no member any more: only the cluster's answer
    /// counts, and none from an address that a stranger could have named. The member may have been removed while it was
    /// away, or without receiving the entry: a learner never stands for election, and would wait for ever. Or the
    /// others know another address than the present one.
    /// </remarks>
    public async Task FollowAsync(ReplicaHost replica, CancellationToken cancellationToken)
    {
        var steps = new ArrivalSteps(replica.Id, progress);
        var levels = new LevelNews(logger);
        var isTold = false;
        var askedAt = time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            var view = await replica.AskAsync(r => new MemberSelfView(
                r.Membership, r.CommittedMembership, r.Leader, r.CommitIndex, r.AppliedIndex)
            {
                FeatureLevel = r.Machine.FeatureLevel,
                LevelHolders = r.LevelHolders,
                Voters = r.Voters,
            });
            steps.Observe(view);
            levels.Observe(view, replica.Id);
            var hasNews = !isTold && view.Leader is not null && !IsCurrent(view.Membership.Find(replica.Id), replica);
            var isLost = replica.HearsNobody && time.GetElapsedTime(askedAt) > replica.Patience;
            if (hasNews || isLost || replica.IsSaidToBeGone)
            {
                replica.IsSaidToBeGone = false;
                isTold = await TellAsync(replica, view, cancellationToken).WaitAsync(cancellationToken);
                askedAt = time.GetTimestamp();
            }

            await Task.Delay(steps.AreDone ? Pause : ArrivalPause, time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// The log knows this node as it is now. A node that is not in it yet was announced when it joined.
    /// </summary>
    private bool IsCurrent(Member? self, ReplicaHost replica) => self is null
        || (self.Address == setup.Address && self.Level == FeatureLevels.Newest && self.Instance == replica.Self.Instance);

    /// <returns>True: the cluster has decided, one way or the other.</returns>
    private async Task<bool> TellAsync(ReplicaHost replica, MemberSelfView view, CancellationToken cancellationToken)
    {
        if (view.Leader == replica.Id)
        {
            var announcement = new Announcement(
                replica.ClusterId, replica.Id, replica.Self.Instance, setup.Address, FeatureLevels.Newest)
            {
                Former = await probe.AskAsync(
                    view.Membership, replica.Self.Instance, setup.Address, replica.Self.Run, cancellationToken),
            };
            var outcome = await replica.ChangeAsync((r, reply) => r.Announce(announcement, reply));
            return Notice(replica, outcome.Status is ChangeStatus.Done, outcome.Code, outcome.Detail);
        }

        var body = new AnnouncementBody(
            replica.ClusterId,
            replica.Id.Value,
            replica.Self.Instance,
            setup.Address,
            FeatureLevels.Newest,
            Run: replica.Self.Run,
            Last: replica.State.LastIndex);
        var addresses = AddressesIn(view, replica.Id).ToList();
        var trusted = addresses.Count;
        for (var i = 0; i < addresses.Count; i++)
        {
            var reply = await client.AnnounceAsync(addresses[i], body, cancellationToken);
            if (i < trusted && reply?.Leader is { } leader && leader != setup.Address && !addresses.Contains(leader))
            {
                // The leader may be newer than this member's log.
                addresses.Add(leader);
            }

            if (reply is { Status: HttpStatusCode.OK } && reply.Read<AdmissionBody>() is { } known && known.Node != replica.Id.Value)
            {
                // An announcement that was long on its way: it was read when this member had been taken out already.
                replica.NoticeRemoval(
                    $"n{replica.Id} was removed from this cluster, and its data directory taken in again as n{known.Node}: "
                    + "start the node with an empty data directory and --replace true.");
                return true;
            }

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
            replica.NoticeRemoval(PlainText.Cut(detail!));
        }
        else if (code is ChangeCodes.CopiedData or ChangeCodes.OutdatedData)
        {
            replica.NoticeCopy(PlainText.Cut(detail!, CopyDetailCharsMax));
        }
        else if (code is not null)
        {
            LogRefused(logger, PlainText.Cut(code), PlainText.Cut(detail!));
        }

        return isAccepted || code is not null;
    }

    private IEnumerable<string> AddressesIn(MemberSelfView view, NodeId self) =>
        new[] { view.Leader is { } leader ? view.Membership.Find(leader)?.Address : null }.OfType<string>()
            .Concat(view.Voters.Where(m => m.Id != self).Select(m => m.Address))
            .Concat(setup.OtherAddresses)
            .Where(a => a != setup.Address)
            .Distinct(StringComparer.Ordinal);

    [LoggerMessage(1, LogLevel.Error, "The cluster refuses this node's announcement of itself ({Code}): {Detail}")]
    private static partial void LogRefused(ILogger logger, string code, string detail);
}
