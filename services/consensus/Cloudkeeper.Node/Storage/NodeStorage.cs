using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Storage;

/// <summary>Log and snapshots of this node, which is a member of a cluster.</summary>
internal sealed class NodeStorage
{
    private readonly DataDirectory _directory;
    private NodeStorage(DataDirectory directory, NodeOptions options, Guid cluster, bool isNew)
    {
        _directory = directory;
        Snapshots = new SnapshotStore(directory.Files, cluster);
        Newest = Snapshots.FindNewest();
        var logOptions = new LogStoreOptions { ClusterId = cluster, MayCreate = isNew, SegmentBytes = options.SegmentBytes };
        Log = RaftLogStore.Open(directory.Files, logOptions, Newest, out var recovered);
        Room = new RoomWatch(directory.Files, Log, Snapshots, options.SegmentBytes);
        Recovered = recovered;
        Machine = LoadNewest();
    }

    public NodeIdentity Identity => _directory.Identity;

    public SnapshotStore Snapshots { get; }

    public SnapshotMetadata? Newest { get; }

    public RaftLogStore Log { get; }

    public RoomWatch Room { get; }

    public RecoveredState Recovered { get; private set; }

    /// <summary>The state of the newest snapshot, or the empty one.</summary>
    public StateMachine Machine { get; }

    /// <summary>Opens a member's log and snapshots.</summary>
    /// <exception cref="StorageCorruptedException">It must not vote with it.</exception>
    public static NodeStorage Open(DataDirectory directory, NodeOptions options) =>
        new(directory, options, directory.Identity.ClusterId, isNew: false);

    /// <summary>Begins the log of a member that has nothing yet: the leader sends it all.</summary>
    public static NodeStorage Join(DataDirectory directory, NodeOptions options, Guid cluster, NodeId node)
    {
        directory.MakeRoom();
        var storage = new NodeStorage(directory, options, cluster, isNew: true);
        directory.Complete(cluster, node);
        return storage;
    }

    /// <summary>Begins the log of a new cluster with the committed entry that names its members.</summary>
    /// <remarks>
    /// The identity comes last: a directory that has one has had a log, and must never begin another (it would vote a
    /// second time).
    /// </remarks>
    public static NodeStorage Found(
        DataDirectory directory, NodeOptions options, Guid cluster, NodeId node, Membership members)
    {
        directory.MakeRoom();
        var storage = new NodeStorage(directory, options, cluster, isNew: true);
        var state = RecoveredState.Bootstrap(members);
        storage.Log.Append(new RaftWrite(0, state.HardState, null, state.Entries));
        storage.Log.Sync();
        storage.Recovered = state;
        directory.Complete(cluster, node);
        return storage;
    }

    private StateMachine LoadNewest()
    {
        try
        {
            if (Newest is null)
            {
                return new StateMachine(StateMachineOptions.Default);
            }

            using var reader = Snapshots.OpenRead(Newest);
            return StateFile.Load(reader, $"The snapshot at {Newest.Index}");
        }
        catch
        {
            Log.Dispose();
            throw;
        }
    }
}
