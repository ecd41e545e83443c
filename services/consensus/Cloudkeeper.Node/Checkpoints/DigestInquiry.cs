using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Checkpoints;

/// <summary>
/// Two replicas had different digests behind the same entry: finds out from all voters which digest a majority had. A
/// node that differs from it does not trust its own state any more: it goes into quarantine and ends, and comes back as
/// a new member with the state of the others.
/// </summary>
/// <remarks>
/// A checkpoint shows a difference to the leader only; the leader itself may be the one that differs. So a node in the
/// majority asks the leader to find out for itself. Without a majority no node is condemned: the next checkpoint
/// differs as well, and asks again.
/// </remarks>
internal sealed partial class DigestInquiry(
    DigestClient client,
    DataDirectory directory,
    FatalErrors fatal,
    TimeProvider time,
    ILogger<DigestInquiry> logger)
{
    /// <summary>A voter may be a little behind, or on its way up: it is asked again for a minute.</summary>
    private const int AttemptsMax = 12;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private int _isRunning;

    /// <summary>Returns at once. One inquiry at a time: a wrong digest stays wrong.</summary>
    public void Begin(ReplicaHost replica, LogIndex index)
    {
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
        {
            replica.Begin(stopping => RunAsync(replica, index, stopping));
        }
    }

#pragma warning disable CA1031 // Any failure ends the process.
    private async Task RunAsync(ReplicaHost replica, LogIndex index, CancellationToken stopping)
    {
        try
        {
            for (var i = 0; i < AttemptsMax && !await TryDecideAsync(replica, index, stopping); i++)
            {
                await Task.Delay(Pause, time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops for another reason.
        }
        catch (Exception e)
        {
            fatal.Stop(e);
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
        }
    }
#pragma warning restore CA1031

    private async Task<bool> TryDecideAsync(ReplicaHost replica, LogIndex index, CancellationToken cancellationToken)
    {
        var (own, membership, leader) = await replica.AskAsync(r => (r.DigestAt(index), r.Membership, r.Leader));
        if (own is not { } digest)
        {
            // The state has been replaced meanwhile, or it is too long ago.
            return true;
        }

        var poll = await PollAsync(replica, membership, index, digest, cancellationToken);
        if (poll.Majority is not { } right)
        {
            LogUndecided(logger, index, digest, poll.ToString());
            return false;
        }

        if (right != digest)
        {
            Quarantine(replica.Id, index, digest, poll);
        }

        LogRight(logger, index, digest, poll.ToString());
        if (leader is { } id && id != replica.Id && membership.Find(id) is { } member)
        {
            await client.AskToCheckAsync(member.Address, replica.ClusterId, index, cancellationToken);
        }

        return true;
    }

    private async Task<DigestPoll> PollAsync(
        ReplicaHost replica, Membership membership, LogIndex index, ulong own, CancellationToken cancellationToken)
    {
        var voters = membership.Members.Where(m => m.IsVoter).Select(async m => (
            m.Id,
            m.Id == replica.Id ? own : await client.AskAsync(m.Address, replica.ClusterId, index, cancellationToken)));
        return new DigestPoll(await Task.WhenAll(voters));
    }

    private void Quarantine(NodeId self, LogIndex index, ulong own, DigestPoll poll)
    {
        var evidence = $"behind entry {index} n{self} had the digest {own:x16}, but a majority of the voters another: {poll}";
        LogWrong(logger, evidence);
        directory.BeginQuarantine(evidence);
        fatal.Stop(new InvalidOperationException("The state of this node is not that of its cluster: " + evidence));
    }

    [LoggerMessage(1, LogLevel.Critical, "This node is in quarantine: {Evidence}")]
    private static partial void LogWrong(ILogger logger, string evidence);

    [LoggerMessage(2, LogLevel.Error,
        "Behind entry {Index} digests differed; this node had {Own:x16}, as a majority of the voters had: {Poll}")]
    private static partial void LogRight(ILogger logger, LogIndex index, ulong own, string poll);

    [LoggerMessage(3, LogLevel.Critical,
        "Behind entry {Index} digests differed; this node had {Own:x16}, and no majority is known that agrees: {Poll}")]
    private static partial void LogUndecided(ILogger logger, LogIndex index, ulong own, string poll);
}
