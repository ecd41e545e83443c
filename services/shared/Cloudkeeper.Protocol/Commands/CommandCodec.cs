using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Commands;

/// <summary>Bytes of a <see cref="CommandBatch"/>: written once by the gateway, then logged and applied as they are.</summary>
/// <remarks>
/// <code>
/// version (1) | lane (8) | first pending (8) | count | request*
/// request: serial (8) | key? | [fingerprint (16) if key] | fence count | fence (8)* | command tag (1) | command
/// </code>
/// </remarks>
public static class CommandCodec
{
    private const byte Version = 1;

    /// <summary>Serial, absent key, no fences, tag: the least size of a request.</summary>
    private const int RequestBytesMin = 11;

    private enum Tag : byte
    {
        Mutation = 0,
        Transaction = 1,
        OpenSession = 2,
        CloseSession = 3,
        AcquireLock = 4,
        ReleaseTicket = 5,
        OpenLane = 6,
        ExpireSessions = 7,
        RemoveIdleNodes = 8,
        RaiseFeatureLevel = 9,
        Checkpoint = 10,
        RegisterGateway = 11,
    }

    public static void Write(IBufferWriter<byte> output, CommandBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        output.WriteByte(Version);
        output.WriteInt64(batch.Lane.Value);
        output.WriteInt64(batch.FirstPending);
        output.WriteCount(batch.Requests.Count);
        foreach (var request in batch.Requests)
        {
            WriteRequest(output, request);
        }
    }

    /// <exception cref="WireFormatException">Not a batch.</exception>
    public static CommandBatch Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var (lane, firstPending, count) = ReadHeader(ref reader);
        var requests = new CommandRequest[count];
        for (var i = 0; i < count; i++)
        {
            requests[i] = ReadRequest(ref reader);
        }

        reader.RequireEnd();
        return new CommandBatch(lane, firstPending, requests);
    }

    /// <summary>The number of requests that the batch declares, without decoding them.</summary>
    /// <exception cref="WireFormatException">Not a batch, or more than <see cref="Limits.BatchItemsMax"/>.</exception>
    public static int ReadCount(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        return ReadHeader(ref reader).Count;
    }

    private static (LaneId Lane, long FirstPending, int Count) ReadHeader(ref WireReader reader)
    {
        reader.RequireVersion(Version, "A command batch");
        return (
            new LaneId(reader.ReadInt64()),
            reader.ReadInt64(),
            reader.ReadCount(Limits.BatchItemsMax, RequestBytesMin));
    }

    private static void WriteRequest(IBufferWriter<byte> output, CommandRequest request)
    {
        output.WriteInt64(request.Serial);
        output.WriteOptional(request.IdempotencyKey);
        if (request.IdempotencyKey is not null)
        {
            output.WriteUInt128(request.Fingerprint);
        }

        output.WriteCount(request.Fences.Count);
        foreach (var fence in request.Fences)
        {
            output.WriteInt64(fence.Value);
        }

        WriteCommand(output, request.Command);
    }

    private static CommandRequest ReadRequest(ref WireReader reader)
    {
        var serial = reader.ReadInt64();
        var key = reader.ReadOptionalString(Limits.IdempotencyKeyCharsMax);
        var fingerprint = key is null ? UInt128.Zero : reader.ReadUInt128();
        var fenceCount = reader.ReadCount(Limits.FencesMax, sizeof(long));
        var fences = fenceCount == 0 ? [] : new Ticket[fenceCount];
        for (var i = 0; i < fenceCount; i++)
        {
            fences[i] = new Ticket(reader.ReadInt64());
        }

        return new CommandRequest(serial, key, fingerprint, fences, ReadCommand(ref reader));
    }

    private static void WriteCommand(IBufferWriter<byte> output, Command command)
    {
        switch (command)
        {
            case MutationCommand mutation:
                output.WriteByte((byte)Tag.Mutation);
                OperationCodec.Write(output, mutation.Operation);
                break;
            case TransactionCommand transaction:
                output.WriteByte((byte)Tag.Transaction);
                OperationCodec.WriteConditions(output, transaction.If);
                OperationCodec.WriteAll(output, transaction.Then);
                OperationCodec.WriteAll(output, transaction.Else);
                break;
            case OpenSessionCommand open:
                output.WriteByte((byte)Tag.OpenSession);
                output.WriteInt64(open.TtlMilliseconds);
                output.WriteString(open.Name);
                break;
            case CloseSessionCommand close:
                output.WriteByte((byte)Tag.CloseSession);
                output.WriteInt64(close.Session.Value);
                break;
            case AcquireLockCommand acquire:
                output.WriteByte((byte)Tag.AcquireLock);
                output.WriteString(acquire.Path);
                output.WriteOptional(acquire.Session?.Value);
                output.WriteInt64(acquire.TtlMilliseconds);
                output.WriteString(acquire.Owner);
                output.WriteBoolean(acquire.Queue);
                break;
            case ReleaseTicketCommand release:
                output.WriteByte((byte)Tag.ReleaseTicket);
                output.WriteInt64(release.Ticket.Value);
                break;
            case OpenLaneCommand:
                output.WriteByte((byte)Tag.OpenLane);
                break;
            case ExpireSessionsCommand expire:
                output.WriteByte((byte)Tag.ExpireSessions);
                output.WriteInt64(expire.DecidedIn);
                output.WriteCount(expire.Sessions.Count);
                foreach (var session in expire.Sessions)
                {
                    output.WriteInt64(session.Session.Value);
                    output.WriteInt64(session.LastKeepaliveAt);
                }

                break;
            case RemoveIdleNodesCommand remove:
                output.WriteByte((byte)Tag.RemoveIdleNodes);
                WriteIdleNodes(output, remove);
                break;
            case RaiseFeatureLevelCommand raise:
                output.WriteByte((byte)Tag.RaiseFeatureLevel);
                output.WriteInt64(raise.DecidedIn);
                output.WriteInt32(raise.Level);
                break;
            case CheckpointCommand checkpoint:
                output.WriteByte((byte)Tag.Checkpoint);
                output.WriteInt64(checkpoint.DecidedIn);
                output.WriteInt64(checkpoint.Index);
                output.WriteUInt64(checkpoint.Digest);
                break;
            case RegisterGatewayCommand register:
                output.WriteByte((byte)Tag.RegisterGateway);
                WriteGateway(output, register.Gateway);
                break;
            default:
                throw new ArgumentException($"No encoding for {command.GetType().Name}.", nameof(command));
        }
    }

    private static Command ReadCommand(ref WireReader reader)
    {
        var tag = reader.ReadEnum(Tag.RegisterGateway);
        return tag switch
        {
            Tag.Mutation => new MutationCommand(OperationCodec.Read(ref reader)),
            Tag.Transaction => new TransactionCommand(
                OperationCodec.ReadConditions(ref reader),
                OperationCodec.ReadAll(ref reader),
                OperationCodec.ReadAll(ref reader)),
            Tag.OpenSession => new OpenSessionCommand(reader.ReadInt64(), reader.ReadString(Limits.NameBytesMax)),
            Tag.CloseSession => new CloseSessionCommand(new SessionId(reader.ReadInt64())),
            Tag.AcquireLock => new AcquireLockCommand(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadSession(),
                reader.ReadInt64(),
                reader.ReadString(Limits.NameBytesMax),
                reader.ReadBoolean()),
            Tag.ReleaseTicket => new ReleaseTicketCommand(new Ticket(reader.ReadInt64())),
            Tag.OpenLane => new OpenLaneCommand(),
            Tag.ExpireSessions => new ExpireSessionsCommand(reader.ReadInt64(), ReadSessions(ref reader)),
            Tag.RemoveIdleNodes => ReadIdleNodes(ref reader),
            Tag.RaiseFeatureLevel => new RaiseFeatureLevelCommand(reader.ReadInt64(), reader.ReadInt32()),
            Tag.Checkpoint => new CheckpointCommand(reader.ReadInt64(), reader.ReadInt64(), reader.ReadUInt64()),
            _ => new RegisterGatewayCommand(ReadGateway(ref reader)),
        };
    }

    internal static void WriteGateway(IBufferWriter<byte> output, GatewayEntry gateway)
    {
        output.WriteString(gateway.Instance);
        output.WriteString(gateway.Address);
        output.WriteInt64(gateway.Session.Value);
    }

    internal static GatewayEntry ReadGateway(ref WireReader reader) => new(
        reader.ReadString(Limits.NameBytesMax), reader.ReadString(GatewayAddress.CharsMax), new SessionId(reader.ReadInt64()));

    private static ExpiredSession[] ReadSessions(ref WireReader reader)
    {
        var sessions = new ExpiredSession[reader.ReadCount(Limits.BatchItemsMax, 2 * sizeof(long))];
        for (var i = 0; i < sessions.Length; i++)
        {
            sessions[i] = new ExpiredSession(new SessionId(reader.ReadInt64()), reader.ReadInt64());
        }

        return sessions;
    }

    private static void WriteIdleNodes(IBufferWriter<byte> output, RemoveIdleNodesCommand remove)
    {
        output.WriteInt64(remove.DecidedIn);
        output.WriteCount(remove.Nodes.Count);
        foreach (var node in remove.Nodes)
        {
            output.WriteString(node.Path);
            output.WriteInt64(node.ModifiedRevision.Value);
            output.WriteInt64(node.ChildrenRevision.Value);
        }
    }

    private static RemoveIdleNodesCommand ReadIdleNodes(ref WireReader reader)
    {
        var decidedIn = reader.ReadInt64();
        var nodes = new IdleNode[reader.ReadCount(Limits.BatchItemsMax, 17)];
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = new IdleNode(
                reader.ReadString(Limits.PathBytesMax),
                new Revision(reader.ReadInt64()),
                new Revision(reader.ReadInt64()));
        }

        return new RemoveIdleNodesCommand(decidedIn, nodes);
    }
}
