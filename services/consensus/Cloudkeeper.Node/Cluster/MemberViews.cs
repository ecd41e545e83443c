using Cloudkeeper.Node.Peers;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Node.Cluster;

/// <summary>How the members are, as this node sees them. Used on the replica's turn only.</summary>
internal sealed class MemberViews(TimeProvider time)
{
    private readonly CatchUpPace _pace = new(time);

    public static string NameOf(NodeId id) => "n" + id;

    /// <param name="version">Of its program; null: it has not announced it here.</param>
    public MemberView Of(MemberStatus status, ReplicaNode replica, SnapshotTransfers transfers, string? version)
    {
        var member = status.Member;
        var isSelf = member.Id == replica.Id;
        return new MemberView(
            NameOf(member.Id),
            member.Address,
            member.IsLearner ? "learner" : "voter",
            member.Id == replica.Leader ? "leader" : isSelf ? "follower" : NameOf(status.State),
            status.Match?.Value,
            status.Missing,
            status.Match is { } match && replica.LastIndex > LogIndex.Zero
                ? Math.Round(Math.Min(1.0, (double)match.Value / replica.LastIndex.Value), 4)
                : null,
            version,
            CatchUpOf(status, transfers));
    }

    private CatchUpView? CatchUpOf(MemberStatus status, SnapshotTransfers transfers)
    {
        if (transfers.To(status.Member.Id) is { } transfer)
        {
            return new CatchUpView(
                "snapshot",
                transfer.BytesSent,
                transfer.BytesTotal,
                status.Missing,
                Percent(transfer.BytesSent, transfer.BytesTotal),
                Seconds(transfer.TimeLeft));
        }

        if (status is not { State: MemberState.CatchingUp, Missing: { } missing, Match: { } match })
        {
            _pace.Forget(status.Member.Id);
            return null;
        }

        return new CatchUpView(
            "log",
            BytesSent: null,
            BytesTotal: null,
            missing,
            Percent(match.Value, match.Value + missing),
            Seconds(_pace.TimeLeft(status.Member.Id, missing)));
    }

    private static string NameOf(MemberState state) => state switch
    {
        MemberState.Expected => "expected",
        MemberState.ReceivingSnapshot => "receiving-snapshot",
        MemberState.CatchingUp => "catching-up",
        MemberState.CaughtUp => "caught-up",
        MemberState.Voting => "follower",
        MemberState.Leaving => "leaving",
        MemberState.Unreachable => "unreachable",
        _ => "unknown",
    };

    private static double Percent(long part, long whole) => whole == 0 ? 100 : Math.Round(100.0 * part / whole, 1);

    private static double? Seconds(TimeSpan? left) => left is { } span ? Math.Round(span.TotalSeconds, 1) : null;
}

/// <param name="MatchIndex">Last log entry that the member is known to have; null: the answering node does not know.</param>
/// <param name="Lag">Entries that it lacks.</param>
/// <param name="Progress">0 to 1.</param>
/// <param name="CatchUp">Null unless it is a good way behind.</param>
internal sealed record MemberView(
    string Id,
    string Url,
    string Role,
    string State,
    long? MatchIndex,
    long? Lag,
    double? Progress,
    string? Version,
    CatchUpView? CatchUp);

/// <summary>How far a new member is: first it gets a snapshot, if the log does not reach back far enough, then the log.</summary>
/// <param name="Phase"><c>snapshot</c> or <c>log</c>.</param>
/// <param name="BytesSent">Of the snapshot.</param>
/// <param name="EntriesLeft">That it lacks; a snapshot stands for most of them.</param>
/// <param name="Percent">Of this phase.</param>
/// <param name="SecondsLeft">For this phase, at the present pace; null: not known yet.</param>
internal sealed record CatchUpView(
    string Phase, long? BytesSent, long? BytesTotal, long? EntriesLeft, double Percent, double? SecondsLeft);
