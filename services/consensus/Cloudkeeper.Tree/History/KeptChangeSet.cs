using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Tree.History;

/// <summary>
/// A change set in the history, measured once: the feed's part of it (its facts), and values that are only read one by
/// one (apart), which may be gone while the facts are still there.
/// </summary>
/// <remarks>
/// Apart are values above <see cref="Limits.FeedValueBytesMax"/>, and those that a large deletion removes, however
/// small: one request may delete hundreds of thousands of nodes. Where a value is gone there is null instead, as in the
/// feed.
/// </remarks>
internal sealed class KeptChangeSet
{
    private readonly bool _isBulk;

    public KeptChangeSet(ChangeSet set)
    {
        Set = set;
        _isBulk = set.Changes.Count > Limits.TransactionOperationsMax;
        var lost = Measure();
        Hash = ComputeHash(lost);
    }

    public ChangeSet Set { get; }

    /// <summary>An estimate of the memory, the same on every replica.</summary>
    public long FactBytes { get; private set; }

    /// <summary>Of the values apart that are still there.</summary>
    public long ValueBytes { get; private set; }

    public ulong Hash { get; }

    /// <summary>Without the values apart: only those from before the changes, or all.</summary>
    public KeptChangeSet Without(bool present) =>
        new(Set with { Changes = [.. Set.Changes.Select(change => Without(change, present))] });

    private static bool IsApart(ReadOnlyMemory<byte>? value) => value?.Length > Limits.FeedValueBytesMax;

    private bool IsApart(PreviousValue? previous) =>
        previous?.Value.Length > (_isBulk ? 0 : Limits.FeedValueBytesMax);

    private Change Without(Change change, bool present)
    {
        var losesValue = present && IsApart(change.Value);
        var losesPrevious = IsApart(change.Previous);
        return losesValue || losesPrevious
            ? change with
            {
                Value = losesValue ? null : change.Value,
                Previous = losesPrevious ? null : change.Previous,
            }
            : change;
    }

    /// <returns>How many values are gone.</returns>
    private int Measure()
    {
        const int setBytes = 128;
        const int changeBytes = 256;
        const int pathBytes = 64;
        var lost = 0;
        FactBytes = setBytes;
        for (var i = 0; i < Set.Changes.Count; i++)
        {
            var change = Set.Changes[i];
            FactBytes += changeBytes + (2L * change.Path.Length);
            Count(change.Value?.Length ?? 0, IsApart(change.Value));
            Count(change.Previous?.Value.Length ?? 0, IsApart(change.Previous));
            lost += change.Value is null && change.Type != ChangeType.Deleted ? 1 : 0;
            lost += change.Previous is null && change.Type != ChangeType.Created ? 1 : 0;
        }

        for (var i = 0; i < Set.TouchedParents.Count; i++)
        {
            FactBytes += pathBytes + (2L * Set.TouchedParents[i].Length);
        }

        return lost;
    }

    private void Count(int bytes, bool isApart)
    {
        FactBytes += isApart ? 0 : bytes;
        ValueBytes += isApart ? bytes : 0;
    }

    // The contents of the changes are in the digests of the nodes already.
    private ulong ComputeHash(int lost)
    {
        var hash = new RecordHash(RecordKind.ChangeSet);
        hash.Add(Set.Previous.Value);
        hash.Add(Set.Revision.Value);
        hash.Add(Set.Time);
        hash.Add((ulong)Set.Changes.Count);
        hash.Add((ulong)Set.EndedSessions.Count);
        if (Set.TouchedParents.Count > 0)
        {
            hash.Add((ulong)Set.TouchedParents.Count);
        }

        // Never before feature level 4.
        if (lost > 0)
        {
            hash.Add(~(ulong)lost);
        }

        return hash.Value;
    }
}
