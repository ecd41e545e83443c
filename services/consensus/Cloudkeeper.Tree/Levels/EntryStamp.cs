namespace Cloudkeeper.Tree;

/// <summary>The readings of the leader's clocks when it proposed an entry.</summary>
/// <param name="UnixMilliseconds">The time of day, as its machine is set.</param>
/// <param name="AwakeMilliseconds">
/// How long its process has been awake, since no moment in particular: comparable within one term. Null before feature
/// level 4.
/// </param>
public readonly record struct EntryStamp(long UnixMilliseconds, long? AwakeMilliseconds = null);
