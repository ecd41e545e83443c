namespace Cloudkeeper.Protocol.Feed;

/// <summary>One message of the change feed from a node to a gateway.</summary>
public abstract record FeedFrame;

/// <summary>First frame: the changes above <paramref name="From"/> of this cluster follow, without a gap.</summary>
/// <param name="Cluster">Revisions of two clusters cannot be compared (bug B-75).</param>
public sealed record StartFrame(Guid Cluster, Revision From) : FeedFrame;

public sealed record ChangeSetFrame(ChangeSet ChangeSet) : FeedFrame;

/// <summary>A part of a change set that is too large for one frame: see <see cref="ChangeSetParts"/>.</summary>
/// <param name="Part">Some of its changes, ended sessions and touched parents, in their order; everything else is the set's.</param>
/// <param name="Index">From 0 on, without gaps.</param>
public sealed record ChangeSetPartFrame(ChangeSet Part, int Index, bool IsLast) : FeedFrame;

/// <summary>Everything up to here has been sent; at least once a second.</summary>
public sealed record ProgressFrame(Revision Revision) : FeedFrame;

/// <summary>The feed cannot begin where it was asked to: history starts at <paramref name="OldestRevision"/>. Last frame.</summary>
public sealed record CompactedFrame(Revision OldestRevision) : FeedFrame;
