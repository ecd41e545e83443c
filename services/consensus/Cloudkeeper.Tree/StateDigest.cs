namespace Cloudkeeper.Tree;

/// <summary>
/// The digest of a set of records: the sum of their hashes, so that a change costs the hash of that record alone and the
/// order of the records does not matter (Bellare and Micciancio's AdHash).
/// </summary>
internal sealed class StateDigest
{
    public ulong Sum { get; set; }

    public void Add(ulong recordHash) => Sum += recordHash;

    public void Remove(ulong recordHash) => Sum -= recordHash;
}

/// <summary>Seeds that keep records of different tables apart.</summary>
internal static class RecordKind
{
    public const ulong Node = 1;
    public const ulong Session = 2;
    public const ulong EndedSession = 3;
    public const ulong Lane = 4;
    public const ulong LaneResult = 5;
    public const ulong IdempotencyKey = 6;
    public const ulong ChangeSet = 7;
    public const ulong Tombstone = 8;
    public const ulong Head = 9;
    public const ulong Gateway = 10;
}
