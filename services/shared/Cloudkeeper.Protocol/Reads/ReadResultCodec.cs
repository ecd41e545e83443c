using System.Buffers;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Reads;

/// <summary>Bytes of a <see cref="ReadBatchResult"/>.</summary>
public static class ReadResultCodec
{
    private const byte Version = 2;

    private enum Tag : byte
    {
        Node = 0,
        Children = 1,
        Session = 2,
        Sessions = 3,
        Ticket = 4,
        Lock = 5,
        Change = 6,
        Subtree = 7,
        Gateways = 8,
        SessionPage = 9,
        LockPage = 10,
    }

    public static void Write(IBufferWriter<byte> output, ReadBatchResult batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        output.WriteByte(Version);
        output.WriteGuid(batch.Cluster);
        output.WriteInt64(batch.Revision.Value);
        output.WriteCount(batch.Results.Count);
        foreach (var result in batch.Results)
        {
            WriteResult(output, result);
        }
    }

    /// <exception cref="WireFormatException">Not the results of a batch of reads.</exception>
    public static ReadBatchResult Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        reader.RequireVersion(Version, "Read results");
        var cluster = reader.ReadGuid();
        var revision = new Revision(reader.ReadInt64());
        var results = new ReadResult[reader.ReadCount(Limits.BatchItemsMax, 2)];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = ReadResult(ref reader);
        }

        reader.RequireEnd();
        return new ReadBatchResult(revision, results) { Cluster = cluster };
    }

    private static void WriteResult(IBufferWriter<byte> output, ReadResult result)
    {
        switch (result)
        {
            case ReadNodeResult node:
                Begin(output, Tag.Node, node.Code);
                output.WriteOptionalStat(node.Stat);
                output.WriteString(node.ContentType);
                output.WriteBytes(node.Value.Span);
                output.WriteInt64(node.AbsentSince.Value);
                break;
            case ReadChildrenResult children:
                Begin(output, Tag.Children, children.Code);
                WriteChildren(output, children);
                break;
            case ReadSubtreeResult subtree:
                Begin(output, Tag.Subtree, subtree.Code);
                WriteSubtree(output, subtree);
                break;
            case ReadSessionResult session:
                Begin(output, session.More is null ? Tag.Session : Tag.SessionPage, session.Code);
                WriteSession(output, session);
                WriteMore(output, session.More);
                break;
            case ReadSessionsResult sessions:
                Begin(output, Tag.Sessions, sessions.Code);
                output.WriteCount(sessions.Sessions.Count);
                foreach (var entry in sessions.Sessions)
                {
                    CommandResultCodec.WriteSession(output, entry.Session);
                    output.WriteInt64(entry.ExpiresInMilliseconds);
                }

                output.WriteBoolean(sessions.HasMore);
                break;
            case ReadTicketResult ticket:
                Begin(output, Tag.Ticket, ticket.Code);
                WriteTicket(output, ticket);
                break;
            case ReadLockResult readLock:
                Begin(output, readLock.More is null ? Tag.Lock : Tag.LockPage, readLock.Code);
                output.WriteCount(readLock.Tickets.Count);
                foreach (var ticket in readLock.Tickets)
                {
                    output.WriteByte((byte)ticket.Code);
                    WriteTicket(output, ticket);
                }

                WriteMore(output, readLock.More);
                break;
            case ReadChangeResult change:
                Begin(output, Tag.Change, change.Code);
                output.WriteBoolean(change.Change is not null);
                if (change.Change is not null)
                {
                    ChangeCodec.Write(output, change.Change);
                }

                output.WriteInt64(change.OldestRevision.Value);
                break;
            case ReadGatewaysResult gateways:
                Begin(output, Tag.Gateways, gateways.Code);
                output.WriteCount(gateways.Gateways.Count);
                foreach (var gateway in gateways.Gateways)
                {
                    CommandCodec.WriteGateway(output, gateway);
                }

                break;
            default:
                throw new ArgumentException($"No encoding for {result.GetType().Name}.", nameof(result));
        }
    }

    private static void Begin(IBufferWriter<byte> output, Tag tag, ResultCode code)
    {
        output.WriteByte((byte)tag);
        output.WriteByte((byte)code);
    }

    private static void WriteChildren(IBufferWriter<byte> output, ReadChildrenResult result)
    {
        output.WriteOptionalStat(result.Stat);
        output.WriteInt64(result.AbsentSince.Value);
        output.WriteCount(result.Children.Count);
        foreach (var child in result.Children)
        {
            output.WriteString(child.Name);
            output.WriteString(child.ContentType);
            output.WriteStat(child.Stat);
            output.WriteBytes(child.Value.Span);
        }

        output.WriteBoolean(result.HasMore);
    }

    private static void WriteSubtree(IBufferWriter<byte> output, ReadSubtreeResult result)
    {
        output.WriteInt64(result.AbsentSince.Value);
        output.WriteCount(result.Nodes.Count);
        foreach (var node in result.Nodes)
        {
            output.WriteString(node.Path);
            output.WriteString(node.ContentType);
            output.WriteStat(node.Stat);
            output.WriteBytes(node.Value.Span);
        }

        output.WriteBoolean(result.HasMore);
    }

    private static void WriteSession(IBufferWriter<byte> output, ReadSessionResult result)
    {
        output.WriteBoolean(result.Session is not null);
        if (result.Session is not null)
        {
            CommandResultCodec.WriteSession(output, result.Session);
        }

        output.WriteCount(result.Ephemerals.Count);
        foreach (var path in result.Ephemerals)
        {
            output.WriteString(path);
        }

        output.WriteInt64(result.ExpiresInMilliseconds);
    }

    private static void WriteMore(IBufferWriter<byte> output, Arrival? more)
    {
        if (more is not null)
        {
            output.WriteArrival(more);
        }
    }

    private static void WriteTicket(IBufferWriter<byte> output, ReadTicketResult result)
    {
        output.WriteBoolean(result.Ticket is not null);
        if (result.Ticket is not null)
        {
            CommandResultCodec.WriteTicket(output, result.Ticket);
        }

        output.WriteInt64(result.ExpiresInMilliseconds);
    }

    private static ReadResult ReadResult(ref WireReader reader)
    {
        var tag = reader.ReadEnum(Tag.LockPage);
        var code = reader.ReadEnum(ResultCodes.Last);
        return tag switch
        {
            Tag.Node => new ReadNodeResult(
                code,
                reader.ReadOptionalStat(),
                reader.ReadString(),
                reader.ReadBytes(Limits.ValueBytesMax),
                new Revision(reader.ReadInt64())),
            Tag.Children => ReadChildren(ref reader, code),
            Tag.Subtree => ReadSubtree(ref reader, code),
            Tag.Session => ReadSession(ref reader, code),
            Tag.Sessions => ReadSessions(ref reader, code),
            Tag.Ticket => ReadTicket(ref reader, code),
            Tag.Lock => ReadLock(ref reader, code),
            Tag.SessionPage => ReadSession(ref reader, code) with { More = reader.ReadArrival() },
            Tag.LockPage => ReadLock(ref reader, code) with { More = reader.ReadArrival() },
            Tag.Gateways => ReadGateways(ref reader, code),
            _ => new ReadChangeResult(
                code,
                reader.ReadBoolean() ? ChangeCodec.Read(ref reader) : null,
                new Revision(reader.ReadInt64())),
        };
    }

    private static ReadChildrenResult ReadChildren(ref WireReader reader, ResultCode code)
    {
        var stat = reader.ReadOptionalStat();
        var absentSince = new Revision(reader.ReadInt64());
        var children = new ChildEntry[reader.ReadCount(Limits.PageSizeMax, 64)];
        for (var i = 0; i < children.Length; i++)
        {
            children[i] = new ChildEntry(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadString(),
                reader.ReadStat(),
                reader.ReadBytes(Limits.ValueBytesMax));
        }

        return new ReadChildrenResult(code, stat, absentSince, children, reader.ReadBoolean());
    }

    private static ReadSubtreeResult ReadSubtree(ref WireReader reader, ResultCode code)
    {
        var absentSince = new Revision(reader.ReadInt64());
        var nodes = new SubtreeEntry[reader.ReadCount(Limits.PageSizeMax, 64)];
        for (var i = 0; i < nodes.Length; i++)
        {
            nodes[i] = new SubtreeEntry(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadString(),
                reader.ReadStat(),
                reader.ReadBytes(Limits.ValueBytesMax));
        }

        return new ReadSubtreeResult(code, absentSince, nodes, reader.ReadBoolean());
    }

    private static ReadSessionResult ReadSession(ref WireReader reader, ResultCode code)
    {
        var session = reader.ReadBoolean() ? CommandResultCodec.ReadSession(ref reader) : null;
        var ephemerals = new string[reader.ReadCount(int.MaxValue)];
        for (var i = 0; i < ephemerals.Length; i++)
        {
            ephemerals[i] = reader.ReadString(Limits.PathBytesMax);
        }

        return new ReadSessionResult(code, session, ephemerals, reader.ReadInt64());
    }

    private static ReadSessionsResult ReadSessions(ref WireReader reader, ResultCode code)
    {
        var sessions = new SessionEntry[reader.ReadCount(Limits.PageSizeMax, 34)];
        for (var i = 0; i < sessions.Length; i++)
        {
            sessions[i] = new SessionEntry(CommandResultCodec.ReadSession(ref reader), reader.ReadInt64());
        }

        return new ReadSessionsResult(code, sessions, reader.ReadBoolean());
    }

    private static ReadTicketResult ReadTicket(ref WireReader reader, ResultCode code) => new(
        code,
        reader.ReadBoolean() ? CommandResultCodec.ReadTicket(ref reader) : null,
        reader.ReadInt64());

    private static ReadGatewaysResult ReadGateways(ref WireReader reader, ResultCode code)
    {
        var gateways = new GatewayEntry[reader.ReadCount(Limits.GatewaysMax, 10)];
        for (var i = 0; i < gateways.Length; i++)
        {
            gateways[i] = CommandCodec.ReadGateway(ref reader);
        }

        return new ReadGatewaysResult(code, gateways);
    }

    private static ReadLockResult ReadLock(ref WireReader reader, ResultCode code)
    {
        var tickets = new ReadTicketResult[reader.ReadCount(int.MaxValue, 10)];
        for (var i = 0; i < tickets.Length; i++)
        {
            tickets[i] = ReadTicket(ref reader, reader.ReadEnum(ResultCodes.Last));
        }

        return new ReadLockResult(code, tickets);
    }
}
