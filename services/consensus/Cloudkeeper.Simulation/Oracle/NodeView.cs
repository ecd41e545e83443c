using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Invariants.Consensus;
using Cloudkeeper.Simulation.Invariants.Reads;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>The simulator's knowledge of one node's log, across its restarts.</summary>
internal sealed class NodeView(NodeId id)
{
    /// <summary>At least as many as find room in 512 bytes.</summary>
    private const int GroupsInSector = 16;

    private readonly Queue<ShadowWrite> _unsynced = new();
    private readonly Queue<ShadowWrite[]> _lastGroups = new();

    public NodeId Id { get; } = id;

    /// <summary>With all writes that were handed to the log writer.</summary>
    public ShadowLog Written { get; } = new();

    /// <summary>With all writes that have been synced: no crash can take them away.</summary>
    public ShadowLog Durable { get; } = new();

    /// <summary>
    /// Without the last groups that were synced: one lost sector can take all of them, and no record behind them is
    /// left to prove that they were durable.
    /// </summary>
    public ShadowLog Vouched { get; } = new();

    /// <summary>
    /// Writes that may be there behind <see cref="Vouched"/>: any first part, if the disk has rotted.
    /// </summary>
    public IEnumerable<ShadowWrite> NotVouched => _lastGroups.SelectMany(static g => g).Concat(_unsynced);

    /// <summary>Handed over and not synced, in order: a crash keeps any first part of these.</summary>
    public IReadOnlyCollection<ShadowWrite> Unsynced => _unsynced;

    /// <summary>Of the data directory with which it ran.</summary>
    public Guid Instance { get; set; }

    /// <summary>Its disk is gone, or its content cannot be trusted: it comes back as another member.</summary>
    public bool IsLost { get; set; }

    /// <summary>The newest snapshot that is stored and verified.</summary>
    public LogIndex DurableSnapshot { get; private set; }

    /// <summary>The membership of the replica that was compared last with the one in its log.</summary>
    public Membership? KnownMembership { get; set; }

    /// <summary>Of this life.</summary>
    public ConfirmedRounds Rounds { get; private set; } = new();

    /// <summary>Of this life.</summary>
    public FreePreVotes PreVotes { get; private set; } = new();

    /// <summary>Of this life.</summary>
    public LogIndex Applied { get; set; }

    /// <summary>Of this life.</summary>
    public LogIndex Commit { get; set; }

    public void Hand(ShadowWrite write)
    {
        Written.Apply(write);
        _unsynced.Enqueue(write);
    }

    public void Synced(int writes)
    {
        if (writes == 0)
        {
            return;
        }

        var group = new ShadowWrite[writes];
        for (var i = 0; i < writes; i++)
        {
            Durable.Apply(group[i] = _unsynced.Dequeue());
        }

        AddGroup(group);
    }

    public void NoteSnapshot(LogIndex index) => DurableSnapshot = index > DurableSnapshot ? index : DurableSnapshot;

    /// <summary>A new life begins with the recovered writes, which are all durable.</summary>
    /// <param name="isVoid">The log was void and restarts behind the snapshot.</param>
    /// <param name="kept">How many of the writes that were not synced are there.</param>
    public void Restart(LogIndex snapshot, int kept, bool isVoid)
    {
        if (kept > 0)
        {
            AddGroup([.. _unsynced.Take(kept)]);
        }

        if (isVoid)
        {
            // Recovery has written so.
            var restart = new ShadowWrite(Durable.HardState, Durable.BaseIndex, Durable.Base, LogIndex.Zero, []);
            AddGroup([restart with { BaseMembership = Durable.BaseMembership }]);
        }

        _unsynced.Clear();
        Written.CopyFrom(Durable);
        DurableSnapshot = snapshot;
        Rounds = new ConfirmedRounds();
        PreVotes = new FreePreVotes();
        Applied = snapshot;
        Commit = Durable.HardState.Commit;
    }

    private void AddGroup(ShadowWrite[] group)
    {
        _lastGroups.Enqueue(group);
        if (_lastGroups.Count > GroupsInSector)
        {
            foreach (var write in _lastGroups.Dequeue())
            {
                Vouched.Apply(write);
            }
        }
    }
}
