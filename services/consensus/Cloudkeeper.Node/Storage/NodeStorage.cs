using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Raft;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Storage;

/// <summary>The data directory of this node: identity, log, snapshots.</summary>
internal sealed class NodeStorage : IDisposable
{
    private readonly PhysicalFileSystem _files;
    private readonly StateMachineOptions _tree = new();

    public NodeStorage(IOptions<NodeOptions> options)
    {
        var node = options.Value;
        Directory.CreateDirectory(node.DataDirectory);
        _files = new PhysicalFileSystem(Path.GetFullPath(node.DataDirectory));
        var found = IdentityFile.Load(_files);
        Identity = found ?? new NodeIdentity(InitialMembers.ClusterId(InitialMembers.Of(node)), new NodeId(node.Id));
        if (Identity.Node.Value != node.Id)
        {
            throw new InvalidOperationException(
                $"The data directory {node.DataDirectory} belongs to node {Identity.Node}, but Node:Id is {node.Id}. "
                + "Start this node with its own directory.");
        }

        Snapshots = new SnapshotStore(_files, Identity.ClusterId);
        Newest = Snapshots.FindNewest();
        Log = RaftLogStore.Open(_files, LogOptionsOf(node, isNew: found is null), Newest, out var recovered);
        Recovered = found is null ? Begin(node, recovered) : recovered;
    }

    public NodeIdentity Identity { get; }

    public SnapshotStore Snapshots { get; }

    public SnapshotMetadata? Newest { get; }

    public RaftLogStore Log { get; }

    public RecoveredState Recovered { get; }

    /// <summary>The state of the newest snapshot, or the empty one.</summary>
    public StateMachine LoadMachine() => Newest is null ? new StateMachine(_tree) : LoadMachine(Newest);

    /// <exception cref="StorageCorruptedException">The snapshot does not hold what it says.</exception>
    public StateMachine LoadMachine(SnapshotMetadata metadata)
    {
        using var reader = Snapshots.OpenRead(metadata);
        var loader = new StateMachineLoader(_tree);
        while (reader.TryRead(out var block))
        {
            loader.Add(block.Span);
        }

        return loader.Complete();
    }

    public void Dispose() => _files.Dispose();

    private LogStoreOptions LogOptionsOf(NodeOptions node, bool isNew) => new()
    {
        ClusterId = Identity.ClusterId,
        MayCreate = isNew,
        SegmentBytes = node.SegmentBytes,
    };

    /// <summary>
    /// A new cluster: every first member begins with the same committed entry that names them all. The identity comes
    /// last: a directory that has one has had a log, and must never begin another (it would vote a second time).
    /// </summary>
    private RecoveredState Begin(NodeOptions node, RecoveredState recovered)
    {
        var state = recovered;
        if (recovered.Entries.Count == 0)
        {
            state = RecoveredState.Bootstrap(InitialMembers.Of(node));
            Log.Append(new RaftWrite(0, state.HardState, null, state.Entries));
            Log.Sync();
        }

        IdentityFile.Save(_files, Identity);
        return state;
    }
}
