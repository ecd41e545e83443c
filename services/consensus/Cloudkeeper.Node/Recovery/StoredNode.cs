using Cloudkeeper.Node.Storage;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Recovery;

/// <summary>
/// The content of the data directory of a stopped node, read without changing anything. It contains the whole log,
/// also the end of it that is not known to be committed: it may be, on nodes that are lost.
/// </summary>
internal sealed class StoredNode
{
    private StoredNode(NodeIdentity identity, RecoveredState stored, LogRecoveryReport log, SnapshotStore snapshots)
    {
        Identity = identity;
        Stored = stored;
        Log = log;
        DamagedSnapshots = snapshots.Damaged;
        Machine = Load(snapshots, stored.Snapshot);
        Membership = stored.Snapshot?.Membership ?? Membership.Empty;
        foreach (var entry in stored.Entries.Where(e => e.Index > (stored.Snapshot?.Index ?? LogIndex.Zero)))
        {
            Apply(entry);
        }
    }

    public NodeIdentity Identity { get; }

    public RecoveredState Stored { get; }

    public LogRecoveryReport Log { get; }

    public IReadOnlyList<StorageCorruptedException> DamagedSnapshots { get; }

    public StateMachine Machine { get; }

    public Membership Membership { get; private set; }

    public (LogIndex Index, Term Term) Last => Stored.Entries is [.., var last]
        ? (last.Index, last.Term)
        : (Stored.Snapshot?.Index ?? LogIndex.Zero, Stored.Snapshot?.Term ?? default);

    /// <exception cref="RecoveryException">There is no member's data.</exception>
    /// <exception cref="StorageCorruptedException">It is damaged.</exception>
    /// <exception cref="FeatureLevelException">A newer program has to read it.</exception>
    public static StoredNode Read(IFileSystem files)
    {
        if (IdentityFile.Load(files) is not { IsMember: true } identity)
        {
            throw new RecoveryException("This directory belongs to no cluster: there is nothing in it to look at.");
        }

        var snapshots = SnapshotStore.ForReading(files, identity.ClusterId);
        var options = new LogStoreOptions { ClusterId = identity.ClusterId };
        var stored = RaftLogStore.Inspect(files, options, snapshots.FindNewest(), out var log);
        return new StoredNode(identity, stored, log, snapshots);
    }

    private static StateMachine Load(SnapshotStore snapshots, SnapshotMetadata? metadata)
    {
        if (metadata is null)
        {
            return new StateMachine(StateMachineOptions.Default);
        }

        using var reader = snapshots.OpenRead(metadata);
        return StateFile.Load(reader, $"The snapshot at entry {metadata.Index}");
    }

    private void Apply(LogEntry entry)
    {
        if (entry.Kind == EntryKind.Membership && MembershipCodec.TryDecode(entry.Payload.Span, out var membership))
        {
            Membership = membership;
        }
        else if (entry.Kind == EntryKind.Command)
        {
            var (stamp, batch) = EntryPayload.Read(entry.Payload.Span);
            Machine.Apply(entry.Index.Value, entry.Term.Value, stamp, [batch], new List<CommandResult>());
        }
    }
}
