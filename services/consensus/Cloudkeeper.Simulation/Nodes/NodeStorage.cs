using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Nodes;

/// <summary>The data directory of a node, opened as the real process opens it.</summary>
internal sealed class NodeStorage
{
    public static readonly Guid Cluster = new("0c7d1f2e-55aa-4b0e-8a35-9d6a8e4f0b11");

    private readonly SimulationOptions _options;

    /// <summary>A directory that is no member's yet becomes this one's.</summary>
    /// <param name="founding">Null: the log begins empty, and the leader fills it.</param>
    public NodeStorage(IFileSystem files, DirectoryOwner directory, NodeId id, SimulationOptions options, Membership? founding)
    {
        _options = options;
        var isNew = !directory.IsMember;
        Snapshots = new SnapshotStore(files, Cluster);
        Newest = Snapshots.FindNewest();
        Log = RaftLogStore.Open(files, LogOptions(options, isNew), Newest, out var recovered);
        Room = new RoomWatch(files, Log, Snapshots, options.SegmentBytes);
        Recovered = isNew ? Begin(directory, id, founding, recovered) : recovered;
    }

    public SnapshotStore Snapshots { get; }

    public SnapshotMetadata? Newest { get; }

    public RaftLogStore Log { get; }

    public RoomWatch Room { get; }

    public RecoveredState Recovered { get; }

    public static LogStoreOptions LogOptions(SimulationOptions options, bool mayCreate) => new()
    {
        ClusterId = Cluster,
        MayCreate = mayCreate,
        SegmentBytes = options.SegmentBytes,
        ZeroAheadBytes = options.ZeroAheadBytes,
    };

    public StateMachine LoadMachine() =>
        Newest is null ? new StateMachine(_options.Replica.Tree) : LoadMachine(Newest);

    /// <summary>The state in a file that has come from a leader and does not count yet.</summary>
    public StateMachine LoadReceived(SnapshotFileReceiver file, SnapshotMetadata announced) =>
        _options.Bug == Bug.LoadOldState && Newest is { } newest && newest.Index < announced.Index
            ? LoadMachine(newest)
            : Load(file.OpenRead());

    private StateMachine LoadMachine(SnapshotMetadata metadata) => Load(Snapshots.OpenRead(metadata));

    private StateMachine Load(SnapshotFileReader opened)
    {
        using var reader = opened;
        var loader = new StateMachineLoader(_options.Replica.Tree);
        while (reader.TryRead(out var block))
        {
            loader.Add(block.Span);
        }

        return loader.Complete();
    }

    // The identity comes last: a directory that has one has had a log.
    private RecoveredState Begin(DirectoryOwner directory, NodeId id, Membership? founding, RecoveredState recovered)
    {
        var state = recovered;
        if (founding is not null && recovered.Entries.Count == 0)
        {
            state = RecoveredState.Bootstrap(founding);
            Log.Append(new RaftWrite(0, state.HardState, null, state.Entries));
            Log.Sync();
        }

        directory.Complete(Cluster, id);
        return state;
    }
}
