namespace Cloudkeeper.Protocol.Feed;

/// <summary>One message of the change feed from a node to a gateway.</summary>
public abstract record FeedFrame;

public sealed record ChangeSetFrame(ChangeSet ChangeSet) : FeedFrame;

/// <summary>Everything up to here has been sent; at least once a second.</summary>
public sealed record ProgressFrame(Revision Revision) : FeedFrame;

/// <summary>The feed cannot begin where it was asked to: history starts at <paramref name="OldestRevision"/>. Last frame.</summary>
public sealed record CompactedFrame(Revision OldestRevision) : FeedFrame;
