using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Tree.ExactlyOnce;
using Cloudkeeper.Tree.History;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;

namespace Cloudkeeper.Tree.Snapshots;

/// <summary>
/// The bytes of a snapshot: blocks, each of which begins with the version and holds whole records, each of which begins
/// with its <see cref="SnapshotRecord"/>. Checksums and the order of the blocks are the storage's business.
/// </summary>
/// <remarks>
/// The version is the state's feature level: a program that knows the level knows the format, and one that does not
/// learns so from the first byte. Version 2 adds the retention clock to the head, version 3 the touching change sets,
/// version 4 the gateways, the starts of TTL nodes and, in the head, the last leader's count and the floor of the
/// deletions. A record above <see cref="RecordSplitter.RecordBytesMax"/> is cut into parts, in any version, which
/// follow each other. The head comes first. Nodes, sessions, gateways and lanes come in any order, a node even before
/// its parent; all other records in the order of their queues.
/// </remarks>
internal static class SnapshotFormat
{
    public static void Write(IBufferWriter<byte> output, SnapshotHead head)
    {
        output.WriteByte((byte)SnapshotRecord.Head);
        output.WriteInt64(head.Revision.Value);
        output.WriteInt64(head.AppliedIndex);
        output.WriteInt64(head.Time);
        output.WriteInt64(head.LastLane);
        output.WriteInt64(head.CompactedTo.Value);
        output.WriteInt64(head.NodeCount);
        if (head.FeatureLevel >= FeatureLevels.RetentionClock)
        {
            output.WriteInt64(head.RetentionTime);
            output.WriteInt64(head.LastStamp);
        }

        if (head.FeatureLevel >= FeatureLevels.AwakeClock)
        {
            output.WriteInt64(head.LastTerm);
            output.WriteInt64(head.LastAwake);
        }

        if (head.FeatureLevel >= FeatureLevels.DeletionFloor)
        {
            output.WriteInt64(head.DeletionFloor.Value);
        }

        output.WriteUInt64(head.Digest);
    }

    public static SnapshotHead ReadHead(ref WireReader reader, int featureLevel)
    {
        var revision = new Revision(reader.ReadInt64());
        var appliedIndex = reader.ReadInt64();
        var time = reader.ReadInt64();
        var lastLane = reader.ReadInt64();
        var compactedTo = new Revision(reader.ReadInt64());
        var nodeCount = reader.ReadInt64();
        var hasClock = featureLevel >= FeatureLevels.RetentionClock;
        return new SnapshotHead(
            featureLevel,
            revision,
            appliedIndex,
            time,
            lastLane,
            compactedTo,
            nodeCount,
            hasClock ? reader.ReadInt64() : time,
            hasClock ? reader.ReadInt64() : 0,
            featureLevel >= FeatureLevels.AwakeClock ? reader.ReadInt64() : 0,
            featureLevel >= FeatureLevels.AwakeClock ? reader.ReadInt64() : 0,
            featureLevel >= FeatureLevels.DeletionFloor ? new Revision(reader.ReadInt64()) : Revision.Zero,
            reader.ReadUInt64());
    }

    public static void Write(IBufferWriter<byte> output, TreeNode node, int featureLevel)
    {
        output.WriteByte((byte)SnapshotRecord.Node);
        output.WriteString(node.GetPath());
        output.WriteBytes(node.Value);
        output.WriteString(node.ContentType);
        output.WriteInt64(node.CreatedRevision.Value);
        output.WriteInt64(node.ModifiedRevision.Value);
        output.WriteInt64(node.ChildrenRevision.Value);
        output.WriteInt64(node.CreatedAt);
        output.WriteInt64(node.ModifiedAt);
        output.WriteInt64(node.OwnerOrTtl);
        output.WriteInt32(node.Version);
        output.WriteInt32(node.Creations);
        output.WriteByte((byte)node.Kind);
        output.WriteBoolean(node.IsTicket);
        if (node.Kind == NodeKind.Ttl && featureLevel >= FeatureLevels.AwakeClock)
        {
            output.WriteInt64(node.TtlStart);
        }
    }

    /// <summary>Reads the fields behind the path. The number of children follows from the other nodes.</summary>
    public static void ReadInto(ref WireReader reader, TreeNode node, ContentTypes contentTypes, int featureLevel)
    {
        node.Value = reader.ReadBytes(Limits.ValueBytesMax);
        node.ContentType = contentTypes.Intern(reader.ReadString());
        node.CreatedRevision = new Revision(reader.ReadInt64());
        node.ModifiedRevision = new Revision(reader.ReadInt64());
        node.ChildrenRevision = new Revision(reader.ReadInt64());
        node.CreatedAt = reader.ReadInt64();
        node.ModifiedAt = reader.ReadInt64();
        node.OwnerOrTtl = reader.ReadInt64();
        node.Version = reader.ReadInt32();
        node.Creations = reader.ReadInt32();
        node.Kind = reader.ReadEnum(NodeKind.Ttl);
        node.IsTicket = reader.ReadBoolean();
        if (node.Kind == NodeKind.Ttl && featureLevel >= FeatureLevels.AwakeClock)
        {
            node.UnchangedSince = reader.ReadInt64();
        }
    }

    public static void Write(IBufferWriter<byte> output, Session session)
    {
        output.WriteByte((byte)SnapshotRecord.Session);
        output.WriteInt64(session.Id.Value);
        output.WriteString(session.Name);
        output.WriteInt64(session.TtlMilliseconds);
        output.WriteInt64(session.CreatedAt);
    }

    public static Session ReadSession(ref WireReader reader) => new(
        new SessionId(reader.ReadInt64()), reader.ReadString(), reader.ReadInt64(), reader.ReadInt64());

    public static void Write(IBufferWriter<byte> output, GatewayEntry gateway)
    {
        output.WriteByte((byte)SnapshotRecord.Gateway);
        output.WriteString(gateway.Instance);
        output.WriteString(gateway.Address);
        output.WriteInt64(gateway.Session.Value);
    }

    public static GatewayEntry ReadGateway(ref WireReader reader) => new(
        reader.ReadString(Limits.NameBytesMax), reader.ReadString(GatewayAddress.CharsMax), new SessionId(reader.ReadInt64()));

    public static void Write(IBufferWriter<byte> output, EndedSession ended)
    {
        output.WriteByte((byte)SnapshotRecord.EndedSession);
        output.WriteInt64(ended.Info.Id.Value);
        output.WriteString(ended.Info.Name);
        output.WriteInt64(ended.Info.TtlMilliseconds);
        output.WriteInt64(ended.Info.CreatedAt);
        output.WriteByte((byte)ended.Info.EndReason.GetValueOrDefault());
        output.WriteInt64(ended.Info.LastKeepaliveAt);
        output.WriteInt64(ended.EndedAt);
    }

    public static EndedSession ReadEndedSession(ref WireReader reader) => new(
        new SessionInfo(
            new SessionId(reader.ReadInt64()),
            reader.ReadString(),
            reader.ReadInt64(),
            reader.ReadInt64(),
            reader.ReadEnum(SessionEndReason.Closed),
            reader.ReadInt64()),
        reader.ReadInt64());

    public static void Write(IBufferWriter<byte> output, Lane lane)
    {
        output.WriteByte((byte)SnapshotRecord.Lane);
        output.WriteInt64(lane.Id.Value);
        output.WriteInt64(lane.LastUsedAt);
        output.WriteInt64(lane.LastUsedIndex);
        output.WriteInt64(lane.FirstPending);
        output.WriteCount(lane.Results.Count);
        foreach (var entry in lane.Results)
        {
            output.WriteInt64(entry.Serial);
            CommandResultCodec.Write(output, entry.Result);
        }
    }

    public static Lane ReadLane(ref WireReader reader)
    {
        var lane = new Lane(new LaneId(reader.ReadInt64()))
        {
            LastUsedAt = reader.ReadInt64(),
            LastUsedIndex = reader.ReadInt64(),
            FirstPending = reader.ReadInt64(),
        };
        var count = reader.ReadCount(int.MaxValue, sizeof(long));
        for (var i = 0; i < count; i++)
        {
            lane.Add(new LaneResultEntry(reader.ReadInt64(), CommandResultCodec.Read(ref reader)));
        }

        return lane;
    }

    public static void Write(IBufferWriter<byte> output, IdempotencyEntry entry)
    {
        output.WriteByte((byte)SnapshotRecord.IdempotencyKey);
        output.WriteString(entry.Key);
        output.WriteUInt128(entry.Fingerprint);
        output.WriteInt64(entry.DecidedAt);
        CommandResultCodec.Write(output, entry.Result);
    }

    public static IdempotencyEntry ReadIdempotencyEntry(ref WireReader reader) => new(
        reader.ReadString(), reader.ReadUInt128(), reader.ReadInt64(), CommandResultCodec.Read(ref reader));

    public static void Write(IBufferWriter<byte> output, Tombstone tombstone)
    {
        output.WriteByte((byte)SnapshotRecord.Tombstone);
        output.WriteString(tombstone.Path);
        output.WriteInt64(tombstone.Revision.Value);
    }

    public static Tombstone ReadTombstone(ref WireReader reader) =>
        new(reader.ReadString(Limits.PathBytesMax), new Revision(reader.ReadInt64()));

    public static void Write(IBufferWriter<byte> output, ChangeSet set)
    {
        output.WriteByte((byte)(set.TouchedParents.Count > 0 ? SnapshotRecord.TouchingChangeSet : SnapshotRecord.ChangeSet));
        ChangeCodec.Write(output, set);
    }
}
