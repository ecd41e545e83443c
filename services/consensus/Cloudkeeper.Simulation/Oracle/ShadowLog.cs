using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>What the log of a node holds after some of its writes, by the simulator's own count.</summary>
internal sealed class ShadowLog
{
    private readonly List<ShadowEntry> _entries = [];

    /// <summary>Everything through here is in a snapshot, or unknown.</summary>
    public LogIndex BaseIndex { get; private set; }

    public ShadowEntry Base { get; private set; }

    public HardState HardState { get; set; }

    public LogIndex LastIndex => BaseIndex + _entries.Count;

    public ShadowEntry Last => _entries.Count == 0 ? Base : _entries[^1];

    /// <summary>The entry at an index that is not covered by the base.</summary>
    public ShadowEntry this[LogIndex index] =>
        index == BaseIndex ? Base : _entries[(int)(index - BaseIndex) - 1];

    public bool Has(LogIndex index) => index >= BaseIndex && index <= LastIndex;

    /// <summary>Holds this very entry, and so all before it, in the log or in the snapshot.</summary>
    public bool Covers(LogIndex index, ulong chain) =>
        index < BaseIndex || (index <= LastIndex && this[index].Chain == chain);

    public void Reset(LogIndex index, ShadowEntry last, HardState hardState)
    {
        _entries.Clear();
        (BaseIndex, Base, HardState) = (index, last, hardState);
    }

    public void Apply(ShadowWrite write)
    {
        var state = write.HardState ?? HardState;
        if (write.SnapshotIndex is { } index)
        {
            // A snapshot is committed by its nature.
            state = state with { Commit = state.Commit > index ? state.Commit : index };
            Reset(index, write.Base, state);
        }

        HardState = state;
        if (write.Entries.Length > 0)
        {
            var kept = (int)(write.First - BaseIndex) - 1;
            _entries.RemoveRange(kept, _entries.Count - kept);
            _entries.AddRange(write.Entries);
        }
    }

    public void CopyFrom(ShadowLog other)
    {
        Reset(other.BaseIndex, other.Base, other.HardState);
        _entries.AddRange(other._entries);
    }
}
