namespace Cloudkeeper.Raft;

/// <summary>The rules that every message must fulfil before it is used: it has come over a wire.</summary>
internal static class MessageRules
{
    public static bool MakesSense(RaftMessage message) =>
        message.From != message.To
        && message.Term.Value > 0
        && message switch
        {
            AppendRequest append => IsContiguous(append),
            AppendReply reply => reply.MatchIndex.Value >= 0 && reply.RejectedIndex is null or { Value: > 0 },
            HeartbeatRequest heartbeat => heartbeat.Commit.Value >= 0 && heartbeat.Round >= 0,
            HeartbeatReply reply => reply.Round >= 0,
            SnapshotRequest { Snapshot: var snapshot } =>
                snapshot.Index.Value > 0 && snapshot.Term <= message.Term && HasVoter(snapshot.Membership),
            _ => true,
        };

    /// <summary>
    /// Entries follow the previous one without a gap (bug B-53), terms never fall and never exceed the sender's.
    /// </summary>
    private static bool IsContiguous(AppendRequest append)
    {
        var index = append.PreviousIndex;
        var term = append.PreviousTerm;
        if (index.Value < 0 || append.Commit.Value < 0)
        {
            return false;
        }

        // Not foreach: it would allocate an enumerator for each append.
        for (var i = 0; i < append.Entries.Count; i++)
        {
            var entry = append.Entries[i];
            index = index.Next();
            var isMembership = entry.Kind == EntryKind.Membership;
            if (entry.Index != index || entry.Term < term || entry.Term > append.Term
                || (isMembership && !IsMembership(entry.Payload.Span)))
            {
                return false;
            }

            term = entry.Term;
        }

        return term <= append.Term;
    }

    private static bool IsMembership(ReadOnlySpan<byte> payload) =>
        MembershipCodec.TryDecode(payload, out var membership) && HasVoter(membership);

    /// <summary>Without one, nothing could be decided any more, or by every member alone.</summary>
    private static bool HasVoter(Membership membership) => membership.Members.Any(m => m.IsVoter);
}
