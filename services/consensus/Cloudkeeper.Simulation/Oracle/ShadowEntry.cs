using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>An entry as it was given to a disk.</summary>
/// <param name="Chain">A hash of this entry and all before it: equal chains, equal logs up to here.</param>
internal readonly record struct ShadowEntry(Term Term, EntryKind Kind, ReadOnlyMemory<byte> Payload, ulong Chain)
{
    /// <summary>When it was first seen: its leader writes it in the turn in which it makes it. Virtual microseconds.</summary>
    public long WrittenAt { get; init; }

    /// <summary>Null unless the entry is one.</summary>
    public Membership? Membership { get; init; }
}

/// <summary>One write to the log of a node.</summary>
/// <param name="First">Index of the first entry, when there are any.</param>
/// <param name="Base">The entry that ends the snapshot which replaces the log.</param>
internal sealed record ShadowWrite(
    HardState? HardState, LogIndex? SnapshotIndex, ShadowEntry Base, LogIndex First, ShadowEntry[] Entries)
{
    /// <summary>In force at the base.</summary>
    public Membership BaseMembership { get; init; } = Membership.Empty;
}
