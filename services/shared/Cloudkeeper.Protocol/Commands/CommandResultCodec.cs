using System.Buffers;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Commands;

/// <summary>Bytes of the results of one batch, and of single results in snapshots.</summary>
public static class CommandResultCodec
{
    private const byte Version = 1;
    private const int DepthMax = 2;

    private enum Tag : byte
    {
        None = 0,
        Node = 1,
        Get = 2,
        Counter = 3,
        Transaction = 4,
        Session = 5,
        Ticket = 6,
        TicketList = 7,
        Lane = 8,
    }

    public static void WriteAll(IBufferWriter<byte> output, IReadOnlyList<CommandResult> results)
    {
        ArgumentNullException.ThrowIfNull(results);
        output.WriteByte(Version);
        output.WriteCount(results.Count);
        foreach (var result in results)
        {
            Write(output, result);
        }
    }

    /// <exception cref="WireFormatException">Not a list of results.</exception>
    public static CommandResult[] ReadAll(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        reader.RequireVersion(Version, "Results");
        var results = new CommandResult[reader.ReadCount(Limits.BatchItemsMax, 11)];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = Read(ref reader);
        }

        reader.RequireEnd();
        return results;
    }

    public static void Write(IBufferWriter<byte> output, CommandResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        output.WriteByte((byte)result.Code);
        output.WriteInt64(result.Revision.Value);
        output.WriteBoolean(result.Replayed);
        WriteBody(output, result.Body);
    }

    public static CommandResult Read(ref WireReader reader) => new(
        reader.ReadEnum(ResultCodes.Last),
        new Revision(reader.ReadInt64()),
        reader.ReadBoolean(),
        ReadBody(ref reader, depth: 0));

    internal static void WriteBody(IBufferWriter<byte> output, ResultBody? body)
    {
        switch (body)
        {
            case null:
                output.WriteByte((byte)Tag.None);
                break;
            case NodeResult node:
                output.WriteByte((byte)Tag.Node);
                output.WriteString(node.Path);
                output.WriteString(node.ContentType);
                output.WriteOptionalStat(node.Stat);
                output.WriteBoolean(node.Created);
                break;
            case GetResult get:
                output.WriteByte((byte)Tag.Get);
                output.WriteString(get.Path);
                output.WriteString(get.ContentType);
                output.WriteBytes(get.Value.Span);
                output.WriteOptionalStat(get.Stat);
                break;
            case CounterResult counter:
                output.WriteByte((byte)Tag.Counter);
                output.WriteString(counter.Path);
                output.WriteInt64(counter.Value);
                output.WriteStat(counter.Stat);
                break;
            case TransactionResult transaction:
                output.WriteByte((byte)Tag.Transaction);
                WriteTransaction(output, transaction);
                break;
            case SessionInfo session:
                output.WriteByte((byte)Tag.Session);
                WriteSession(output, session);
                break;
            case TicketInfo ticket:
                output.WriteByte((byte)Tag.Ticket);
                WriteTicket(output, ticket);
                break;
            case TicketList list:
                output.WriteByte((byte)Tag.TicketList);
                output.WriteString(list.Path);
                output.WriteCount(list.Tickets.Count);
                foreach (var ticket in list.Tickets)
                {
                    WriteTicket(output, ticket);
                }

                break;
            case LaneResult lane:
                output.WriteByte((byte)Tag.Lane);
                output.WriteInt64(lane.Lane.Value);
                break;
            default:
                throw new ArgumentException($"No encoding for {body.GetType().Name}.", nameof(body));
        }
    }

    internal static void WriteSession(IBufferWriter<byte> output, SessionInfo session)
    {
        output.WriteInt64(session.Id.Value);
        output.WriteString(session.Name);
        output.WriteInt64(session.TtlMilliseconds);
        output.WriteInt64(session.CreatedAt);
        output.WriteOptional((int?)session.EndReason);
        output.WriteInt64(session.LastKeepaliveAt);
    }

    internal static SessionInfo ReadSession(ref WireReader reader) => new(
        new SessionId(reader.ReadInt64()),
        reader.ReadString(Limits.NameBytesMax),
        reader.ReadInt64(),
        reader.ReadInt64(),
        reader.ReadOptionalInt32() switch
        {
            null => null,
            0 => SessionEndReason.Ttl,
            1 => SessionEndReason.Closed,
            var other => throw new WireFormatException($"A reason of {other}."),
        },
        reader.ReadInt64());

    internal static void WriteTicket(IBufferWriter<byte> output, TicketInfo ticket)
    {
        output.WriteInt64(ticket.Ticket.Value);
        output.WriteByte((byte)ticket.Recipe);
        output.WriteString(ticket.Path);
        output.WriteString(ticket.Node);
        output.WriteInt32(ticket.Position);
        output.WriteInt64(ticket.Session.Value);
        output.WriteString(ticket.Owner);
    }

    internal static TicketInfo ReadTicket(ref WireReader reader) => new(
        new Ticket(reader.ReadInt64()),
        reader.ReadEnum(RecipeKind.Lock),
        reader.ReadString(Limits.PathBytesMax),
        reader.ReadString(Limits.PathBytesMax),
        reader.ReadInt32(),
        new SessionId(reader.ReadInt64()),
        reader.ReadString(Limits.ValueBytesMax));

    private static void WriteTransaction(IBufferWriter<byte> output, TransactionResult transaction)
    {
        output.WriteBoolean(transaction.Succeeded);
        output.WriteCount(transaction.Results.Count);
        foreach (var result in transaction.Results)
        {
            WriteBody(output, result);
        }

        output.WriteInt32(transaction.FailedIndex);
        output.WriteByte((byte)transaction.OperationCode);
    }

    private static ResultBody? ReadBody(ref WireReader reader, int depth)
    {
        if (depth > DepthMax)
        {
            throw new WireFormatException("Results nested too deeply.");
        }

        var tag = reader.ReadEnum(Tag.Lane);
        return tag switch
        {
            Tag.None => null,
            Tag.Node => new NodeResult(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadString(),
                reader.ReadOptionalStat(),
                reader.ReadBoolean()),
            Tag.Get => new GetResult(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadString(),
                reader.ReadBytes(Limits.ValueBytesMax),
                reader.ReadOptionalStat()),
            Tag.Counter => new CounterResult(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadInt64(),
                reader.ReadStat()),
            Tag.Transaction => ReadTransaction(ref reader, depth),
            Tag.Session => ReadSession(ref reader),
            Tag.Ticket => ReadTicket(ref reader),
            Tag.TicketList => new TicketList(reader.ReadString(Limits.PathBytesMax), ReadTickets(ref reader)),
            _ => new LaneResult(new LaneId(reader.ReadInt64())),
        };
    }

    private static TicketInfo[] ReadTickets(ref WireReader reader)
    {
        var tickets = new TicketInfo[reader.ReadCount(int.MaxValue, 24)];
        for (var i = 0; i < tickets.Length; i++)
        {
            tickets[i] = ReadTicket(ref reader);
        }

        return tickets;
    }

    private static TransactionResult ReadTransaction(ref WireReader reader, int depth)
    {
        var succeeded = reader.ReadBoolean();
        var results = new ResultBody[reader.ReadCount(Limits.TransactionOperationsMax)];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = ReadBody(ref reader, depth + 1)
                ?? throw new WireFormatException("An operation without a result.");
        }

        return new TransactionResult(succeeded, results, reader.ReadInt32(), reader.ReadEnum(ResultCodes.Last));
    }
}
