namespace Cloudkeeper.Raft;

/// <summary>The meaning of a snapshot: all entries up to and including one, and the members then.</summary>
public sealed record SnapshotMetadata(LogIndex Index, Term Term, Membership Membership);
