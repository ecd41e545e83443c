namespace Cloudkeeper.Protocol.Feed;

/// <summary>The net effect of one transaction on one path.</summary>
/// <param name="Stat">After the change; of a deletion the last one before it.</param>
/// <param name="Value">Null in the feed when it is larger than <see cref="Limits.FeedValueBytesMax"/>, and for deletions.</param>
/// <param name="Previous">
/// The value before; null for creations, and in the feed (ask with <see cref="Reads.ReadChangeRequest"/>).
/// </param>
public sealed record Change(
    ChangeType Type,
    string Path,
    NodeStat Stat,
    string ContentType,
    ReadOnlyMemory<byte>? Value,
    PreviousValue? Previous)
{
    /// <summary>Whether the node came or went in this revision, which its parent counts, maybe both and it is there again.</summary>
    public bool TouchesParent(Revision revision) =>
        Path.Length > 1 && (Type != ChangeType.Changed || Stat.CreatedRevision == revision);
}

public sealed record PreviousValue(int Version, string ContentType, ReadOnlyMemory<byte> Value);

/// <summary>One committed transaction. <c>Previous + 1 == Revision</c>, save across a restore: a gap is visible.</summary>
/// <param name="Changes">In the order of the paths.</param>
/// <param name="EndedSessions">Sessions that ended in this revision.</param>
public sealed record ChangeSet(
    Revision Previous,
    Revision Revision,
    long Time,
    IReadOnlyList<Change> Changes,
    IReadOnlyList<SessionId> EndedSessions)
{
    /// <summary>
    /// Nodes of which only <see cref="NodeStat.ChildrenVersion"/> and <see cref="NodeStat.ChildrenRevision"/> changed,
    /// without a change of their own: their new children went again in the same transaction. In the order of the paths.
    /// </summary>
    /// <remarks>
    /// No events: watchers are not notified of a node that never was there. Empty before feature level 3.
    /// </remarks>
    public IReadOnlyList<string> TouchedParents { get; init; } = [];
}

public enum ChangeType : byte
{
    Created = 0,
    Changed = 1,
    Deleted = 2,
}
