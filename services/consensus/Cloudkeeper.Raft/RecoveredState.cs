namespace Cloudkeeper.Raft;

/// <summary>A member's state when it starts: its newest snapshot and the contiguous log behind it.</summary>
/// <param name="Snapshot">Null only in a log that begins at index 1 without one.</param>
/// <param name="Entries">In order, without a gap; the first at the latest right behind the snapshot.</param>
public sealed record RecoveredState(HardState HardState, SnapshotMetadata? Snapshot, IReadOnlyList<LogEntry> Entries)
{
    /// <summary>The newest, committed or not.</summary>
    public Membership Membership
    {
        get
        {
            for (var i = Entries.Count - 1; i >= 0; i--)
            {
                if (Entries[i].Kind == EntryKind.Membership
                    && MembershipCodec.TryDecode(Entries[i].Payload.Span, out var membership))
                {
                    return membership;
                }
            }

            return Snapshot?.Membership ?? Membership.Empty;
        }
    }

    /// <summary>
    /// The log with which every member of a new cluster begins: one committed entry that names the members. To be made
    /// durable before the first start; afterwards recovery reads it like any other log.
    /// </summary>
    public static RecoveredState Bootstrap(Membership membership)
    {
        var term = new Term(1);
        var first = new LogIndex(1);
        var entry = new LogEntry(first, term, EntryKind.Membership, MembershipCodec.Encode(membership));
        return new RecoveredState(new HardState(term, null, first), null, [entry]);
    }
}
