using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>What the simulator knows of one node's log, across its restarts.</summary>
internal sealed class NodeView(NodeId id)
{
    private readonly Queue<ShadowWrite> _unsynced = new();

    public NodeId Id { get; } = id;

    /// <summary>With everything that was handed to the log writer.</summary>
    public ShadowLog Written { get; } = new();

    /// <summary>With everything that has been synced: what no crash can take away.</summary>
    public ShadowLog Durable { get; } = new();

    /// <summary>Handed over and not synced, in order: a crash keeps any first part of these.</summary>
    public IReadOnlyCollection<ShadowWrite> Unsynced => _unsynced;

    /// <summary>The newest snapshot that is stored and verified.</summary>
    public LogIndex DurableSnapshot { get; private set; }

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
        for (var i = 0; i < writes; i++)
        {
            Durable.Apply(_unsynced.Dequeue());
        }
    }

    public void NoteSnapshot(LogIndex index) => DurableSnapshot = index > DurableSnapshot ? index : DurableSnapshot;

    /// <summary>A new life begins with what was recovered, which is all durable.</summary>
    public void Restart(LogIndex snapshot)
    {
        _unsynced.Clear();
        Written.CopyFrom(Durable);
        DurableSnapshot = snapshot;
        Applied = snapshot;
        Commit = Durable.HardState.Commit;
    }
}
