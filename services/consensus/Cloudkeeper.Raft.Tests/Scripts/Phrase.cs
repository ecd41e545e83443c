using System.Text;

namespace Cloudkeeper.Raft.Tests.Scripts;

/// <summary>How the scripts write the messages and actions of members; an entry is index/term.</summary>
internal static class Phrase
{
    public static string Of(RaftMessage message) =>
        $"{message.From} -> {message.To} {Kind(message)}, term {message.Term}{Details(message)}";

    public static string Of(LogEntry entry)
    {
        var content = entry.Kind switch
        {
            EntryKind.Command => Encoding.UTF8.GetString(entry.Payload.Span),
            EntryKind.Membership when MembershipCodec.TryDecode(entry.Payload.Span, out var members) => $"[{members}]",
            _ => "barrier",
        };
        return $"{entry.Index}/{entry.Term} {content}";
    }

    public static string Of(RaftWrite write)
    {
        var parts = new List<string>();
        if (write.HardState is { } state)
        {
            parts.Add($"term {state.Term} vote {state.Vote?.ToString() ?? "-"} commit {state.Commit}");
        }

        if (write.Snapshot is { } snapshot)
        {
            parts.Add(Of(snapshot));
        }

        parts.AddRange(write.Entries.Select(Of));
        return string.Join(", ", parts);
    }

    public static string Of(SnapshotMetadata snapshot) =>
        $"snapshot {snapshot.Index}/{snapshot.Term} [{snapshot.Membership}]";

    private static string Kind(RaftMessage message) => message switch
    {
        PreVoteReply { Granted: true } => "pre-vote granted",
        PreVoteReply => "pre-vote refused",
        VoteReply { Granted: true } => "vote granted",
        VoteReply => "vote refused",
        AppendReply { RejectedIndex: { } rejected } => $"append refused at {rejected}",
        AppendReply => "append accepted",
        PreVoteRequest => "pre-vote?",
        VoteRequest { IsTransfer: true } => "vote (transfer)?",
        VoteRequest => "vote?",
        AppendRequest => "append",
        HeartbeatRequest => "heartbeat",
        HeartbeatReply => "heartbeat heard",
        SnapshotRequest => "snapshot",
        TimeoutNowRequest => "timeout now",
        _ => throw new ArgumentOutOfRangeException(nameof(message)),
    };

    private static string Entries(AppendRequest message) =>
        message.Entries.Count == 0 ? "" : ": " + string.Join(", ", message.Entries.Select(Of));

    private static string Details(RaftMessage message) => message switch
    {
        PreVoteRequest m => $", log ends {m.LastIndex}/{m.LastTerm}",
        VoteRequest m => $", log ends {m.LastIndex}/{m.LastTerm}",
        AppendRequest m => $", after {m.PreviousIndex}/{m.PreviousTerm}, commit {m.Commit}{Entries(m)}",
        AppendReply { RejectedIndex: not null } m => $", try {m.HintIndex}/{m.HintTerm}",
        AppendReply m => $", match {m.MatchIndex}",
        HeartbeatRequest m => $", commit {m.Commit}, round {m.Round}",
        HeartbeatReply m => $", round {m.Round}",
        SnapshotRequest m => $", {Of(m.Snapshot)}",
        TimeoutNowRequest m => $", log ends {m.LastIndex}/{m.LastTerm}",
        _ => "",
    };
}
