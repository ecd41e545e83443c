namespace Cloudkeeper.Raft;

/// <summary>What a snapshot stands for: everything up to and including one entry, and who the members were.</summary>
public sealed record SnapshotMetadata(LogIndex Index, Term Term, Membership Membership);
