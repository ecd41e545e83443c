using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>The log of a node after some of its writes, by the simulator's own count.</summary>
internal sealed class ShadowLog
{
    private readonly List<ShadowEntry> _entries = [];
    private readonly List<LogIndex> _membershipChanges = [];

    /// <summary>All entries through here are in a snapshot, or unknown.</summary>
    public LogIndex BaseIndex { get; private set; }

    public ShadowEntry Base { get; private set; }

    /// <summary>In force at the base.</summary>
    public Membership BaseMembership { get; private set; } = Membership.Empty;

    public HardState HardState { get; set; }

    public LogIndex LastIndex => BaseIndex + _entries.Count;

    public ShadowEntry Last => _entries.Count == 0 ? Base : _entries[^1];

    /// <summary>The newest membership, committed or not.</summary>
    public Membership Membership =>
        _membershipChanges.Count == 0 ? BaseMembership : this[_membershipChanges[^1]].Membership!;

    /// <summary>Of the newest membership; the base when it comes from there.</summary>
    public LogIndex MembershipIndex => _membershipChanges.Count == 0 ? BaseIndex : _membershipChanges[^1];

    /// <summary>The entry at an index that is not covered by the base.</summary>
    public ShadowEntry this[LogIndex index] =>
        index == BaseIndex ? Base : _entries[(int)(index - BaseIndex) - 1];

    public bool Has(LogIndex index) => index >= BaseIndex && index <= LastIndex;

    /// <summary>Holds this very entry, and so all before it, in the log or in the snapshot.</summary>
    public bool Covers(LogIndex index, ulong chain) =>
        index < BaseIndex || (index <= LastIndex && this[index].Chain == chain);

    public void Reset(LogIndex index, ShadowEntry last, Membership membership, HardState hardState)
    {
        _entries.Clear();
        _membershipChanges.Clear();
        (BaseIndex, Base, BaseMembership, HardState) = (index, last, membership, hardState);
    }

    public void Apply(ShadowWrite write)
    {
        var state = write.HardState ?? HardState;
        if (write.SnapshotIndex is { } index)
        {
            // A snapshot is committed by its nature.
            state = state with { Commit = state.Commit > index ? state.Commit : index };
            Reset(index, write.Base, write.BaseMembership, state);
        }

        HardState = state;
        if (write.Entries.Length > 0)
        {
            CutBefore(write.First);
            Append(write.Entries);
        }
    }

    public void CopyFrom(ShadowLog other)
    {
        Reset(other.BaseIndex, other.Base, other.BaseMembership, other.HardState);
        _entries.AddRange(other._entries);
        _membershipChanges.AddRange(other._membershipChanges);
    }

    private void CutBefore(LogIndex first)
    {
        var kept = (int)(first - BaseIndex) - 1;
        _entries.RemoveRange(kept, _entries.Count - kept);
        while (_membershipChanges.Count > 0 && _membershipChanges[^1] >= first)
        {
            _membershipChanges.RemoveAt(_membershipChanges.Count - 1);
        }
    }

    private void Append(ShadowEntry[] entries)
    {
        foreach (var entry in entries)
        {
            _entries.Add(entry);
            if (entry.Membership is not null)
            {
                _membershipChanges.Add(LastIndex);
            }
        }
    }
}
