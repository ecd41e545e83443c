using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Tree.ExactlyOnce;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Snapshots;

namespace Cloudkeeper.Tree;

/// <summary>Puts a state machine together from the blocks of a snapshot, in the order in which they were written.</summary>
/// <exception cref="WireFormatException">The blocks are not a whole snapshot. Nothing of it is to be used.</exception>
/// <exception cref="FeatureLevelException">It is of a feature level that this program does not know.</exception>
public sealed class StateMachineLoader(StateMachineOptions options)
{
    private readonly TreeState _state = new(options);
    private SnapshotHead? _head;
    private long _nodeRecords;

    // Of a record of which not all parts have come.
    private ArrayBufferWriter<byte>? _parts;

    // Most nodes follow a sibling.
    private string _lastParentPath = NodePath.Root;
    private TreeNode? _lastParent;

    public void Add(ReadOnlySpan<byte> block)
    {
        var reader = new WireReader(block);
        var level = reader.ReadByte();
        Require(level >= FeatureLevels.First, $"A snapshot of version {level}.");
        Require(_head is not { } head || head.FeatureLevel == level, "The blocks of a snapshot have different versions.");
        _state.FeatureLevel = level;
        while (reader.Remaining > 0)
        {
            AddRecord(ref reader);
        }
    }

    /// <summary>Checks that all records are there and the same as they were, and hands the state over.</summary>
    public StateMachine Complete()
    {
        if (_head is not { } head || _parts is not null)
        {
            throw new WireFormatException("A snapshot without a head, or of which a part is missing.");
        }

        if (_nodeRecords != head.NodeCount || _state.Nodes.Count != head.NodeCount)
        {
            throw new WireFormatException(
                $"A snapshot of {head.NodeCount} nodes with {_nodeRecords} records of {_state.Nodes.Count} nodes.");
        }

        var walk = new TreeWalk(_state.Nodes);
        while (walk.Next() is { } node)
        {
            Check(node);
            _state.Nodes.Complete(node);
        }

        Require(_state.Gateways.IsWhole, "The gateways are not those that there can be.");
        var digest = _state.ComputeDigest();
        return digest == head.Digest
            ? new StateMachine(_state)
            : throw new WireFormatException($"A snapshot of digest {head.Digest:x16} came to {digest:x16}.");
    }

    private void AddRecord(ref WireReader reader)
    {
        var kind = reader.ReadEnum(SnapshotRecord.LastPart);
        Require(_parts is null || kind is SnapshotRecord.Part or SnapshotRecord.LastPart, "A record among the parts of another.");
        if (kind == SnapshotRecord.Head ^ _head is null)
        {
            throw new WireFormatException("A snapshot begins with its one head.");
        }

        switch (kind)
        {
            case SnapshotRecord.Head:
                AddHead(SnapshotFormat.ReadHead(ref reader, _state.FeatureLevel));
                break;
            case SnapshotRecord.Node:
                AddNode(ref reader);
                break;
            case SnapshotRecord.Session:
                AddSession(SnapshotFormat.ReadSession(ref reader));
                break;
            case SnapshotRecord.EndedSession:
                _state.Sessions.LoadEnded(SnapshotFormat.ReadEndedSession(ref reader));
                break;
            case SnapshotRecord.Lane:
                AddLane(SnapshotFormat.ReadLane(ref reader));
                break;
            case SnapshotRecord.IdempotencyKey:
                _state.Idempotency.Add(SnapshotFormat.ReadIdempotencyEntry(ref reader));
                break;
            case SnapshotRecord.Tombstone:
                _state.Tombstones.Load(SnapshotFormat.ReadTombstone(ref reader));
                break;
            case SnapshotRecord.ChangeSet:
                _state.History.Load(ChangeCodec.ReadSet(ref reader, hasTouchedParents: false));
                break;
            case SnapshotRecord.TouchingChangeSet:
                _state.History.Load(ChangeCodec.ReadSet(ref reader, hasTouchedParents: true));
                break;
            case SnapshotRecord.Part:
                AddPart(ref reader);
                break;
            case SnapshotRecord.LastPart:
                AddPart(ref reader);
                AddWhole();
                break;
            case SnapshotRecord.Gateway when _state.FeatureLevel >= FeatureLevels.GatewayTable:
                _state.Gateways.Add(SnapshotFormat.ReadGateway(ref reader));
                break;
            default:
                throw new WireFormatException($"A record of kind {kind}.");
        }
    }

    private void AddPart(ref WireReader reader)
    {
        var part = reader.ReadSpan();
        _parts ??= new ArrayBufferWriter<byte>();
        Require(part.Length <= Array.MaxLength - _parts.WrittenCount, "A record of more than 2 GiB.");
        _parts.Write(part);
    }

    private void AddWhole()
    {
        var record = new WireReader(_parts!.WrittenSpan);
        _parts = null;
        AddRecord(ref record);
        Require(_parts is null, "A part in parts.");
        record.RequireEnd();
    }

    private void AddHead(SnapshotHead head)
    {
        _head = head;
        _state.Revision = head.Revision;
        _state.AppliedIndex = head.AppliedIndex;
        _state.Time = head.Time;
        _state.Retention.Time = head.RetentionTime;
        _state.Retention.LastStamp = head.LastStamp;
        _state.Retention.LastTerm = head.LastTerm;
        _state.Retention.LastAwake = head.LastAwake;
        _state.Lanes.LastId = head.LastLane;
        _state.History.CompactedTo = head.CompactedTo;
        _state.Tombstones.Floor = head.DeletionFloor;
    }

    private void AddNode(ref WireReader reader)
    {
        var path = reader.ReadString(Limits.PathBytesMax);
        if (NodePath.Check(path) is { } problem)
        {
            throw new WireFormatException(problem);
        }

        SnapshotFormat.ReadInto(ref reader, Place(path), _state.ContentTypes, _state.FeatureLevel);
        _nodeRecords++;
    }

    private TreeNode Place(string path)
    {
        if (path == NodePath.Root)
        {
            return _state.Nodes.Root;
        }

        var slash = path.LastIndexOf('/');
        var parentPath = path.AsSpan(0, Math.Max(1, slash));
        if (_lastParent is null || !parentPath.SequenceEqual(_lastParentPath))
        {
            _lastParent = _state.Nodes.GetOrAdd(parentPath);
            _lastParentPath = parentPath.ToString();
        }

        return _state.Nodes.GetOrAddChild(_lastParent, path.AsSpan(slash + 1));
    }

    private void AddSession(Session session)
    {
        Require(_state.Sessions.Find(session.Id) is null, "A session comes twice.");
        _state.Sessions.Add(session);
    }

    private void AddLane(Lane lane)
    {
        Require(_state.Lanes.Find(lane.Id) is null, "A lane comes twice.");
        _state.Lanes.Add(lane);
    }

    private void Check(TreeNode node)
    {
        Require(
            node.Owner is not { } owner || _state.Sessions.Find(owner) is not null,
            "The owner of an ephemeral node is missing.");
        Require(
            !node.IsTicket || _state.Nodes.Tickets.Find(new Ticket(node.CreatedRevision.Value)) is null,
            "A ticket comes twice.");
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new WireFormatException(problem);
        }
    }
}
