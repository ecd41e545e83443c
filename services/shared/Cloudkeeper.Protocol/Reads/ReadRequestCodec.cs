using System.Buffers;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Reads;

/// <summary>Bytes of a <see cref="ReadBatch"/>.</summary>
public static class ReadRequestCodec
{
    private const byte Version = 1;

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

    public static void Write(IBufferWriter<byte> output, ReadBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        output.WriteByte(Version);
        output.WriteByte((byte)batch.Consistency);
        output.WriteInt64(batch.MinRevision.Value);
        output.WriteCount(batch.Requests.Count);
        foreach (var request in batch.Requests)
        {
            WriteRequest(output, request);
        }
    }

    /// <exception cref="WireFormatException">Not a batch of reads.</exception>
    public static ReadBatch Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        reader.RequireVersion(Version, "A read batch");
        var consistency = reader.ReadEnum(ReadConsistency.Local);
        var minRevision = new Revision(reader.ReadInt64());
        var requests = new ReadRequest[reader.ReadCount(Limits.BatchItemsMax)];
        for (var i = 0; i < requests.Length; i++)
        {
            requests[i] = ReadRequest(ref reader);
        }

        reader.RequireEnd();
        return new ReadBatch(consistency, minRevision, requests);
    }

    private static void WriteRequest(IBufferWriter<byte> output, ReadRequest request)
    {
        switch (request)
        {
            case ReadNodeRequest node:
                output.WriteByte((byte)Tag.Node);
                output.WriteString(node.Path);
                output.WriteBoolean(node.WithValue);
                break;
            case ReadChildrenRequest children:
                output.WriteByte((byte)Tag.Children);
                output.WriteString(children.Path);
                output.WriteString(children.After);
                output.WriteInt32(children.Limit);
                output.WriteBoolean(children.WithValues);
                break;
            case ReadSubtreeRequest subtree:
                output.WriteByte((byte)Tag.Subtree);
                output.WriteString(subtree.Path);
                output.WriteString(subtree.After);
                output.WriteInt32(subtree.DepthMax);
                output.WriteInt32(subtree.Limit);
                output.WriteBoolean(subtree.WithValues);
                break;
            case ReadSessionRequest session:
                output.WriteByte((byte)(session.Page is null ? Tag.Session : Tag.SessionPage));
                output.WriteInt64(session.Session.Value);
                WritePage(output, session.Page);
                break;
            case ReadSessionsRequest sessions:
                output.WriteByte((byte)Tag.Sessions);
                output.WriteInt64(sessions.After.Value);
                output.WriteInt32(sessions.Limit);
                break;
            case ReadTicketRequest ticket:
                output.WriteByte((byte)Tag.Ticket);
                output.WriteInt64(ticket.Ticket.Value);
                break;
            case ReadLockRequest readLock:
                output.WriteByte((byte)(readLock.Page is null ? Tag.Lock : Tag.LockPage));
                output.WriteString(readLock.Path);
                WritePage(output, readLock.Page);
                break;
            case ReadChangeRequest change:
                output.WriteByte((byte)Tag.Change);
                output.WriteInt64(change.Revision.Value);
                output.WriteString(change.Path);
                break;
            case ReadGatewaysRequest:
                output.WriteByte((byte)Tag.Gateways);
                break;
            default:
                throw new ArgumentException($"No encoding for {request.GetType().Name}.", nameof(request));
        }
    }

    private static ReadRequest ReadRequest(ref WireReader reader)
    {
        var tag = reader.ReadEnum(Tag.LockPage);
        return tag switch
        {
            Tag.Node => new ReadNodeRequest(reader.ReadString(Limits.PathBytesMax), reader.ReadBoolean()),
            Tag.Children => new ReadChildrenRequest(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadString(Limits.PathBytesMax),
                ReadLimit(ref reader),
                reader.ReadBoolean()),
            Tag.Subtree => new ReadSubtreeRequest(
                reader.ReadString(Limits.PathBytesMax),
                reader.ReadString(Limits.PathBytesMax),
                ReadDepth(ref reader),
                ReadLimit(ref reader),
                reader.ReadBoolean()),
            Tag.Session => new ReadSessionRequest(new SessionId(reader.ReadInt64())),
            Tag.Sessions => new ReadSessionsRequest(new SessionId(reader.ReadInt64()), ReadLimit(ref reader)),
            Tag.Ticket => new ReadTicketRequest(new Ticket(reader.ReadInt64())),
            Tag.Lock => new ReadLockRequest(reader.ReadString(Limits.PathBytesMax)),
            Tag.Change => new ReadChangeRequest(new Revision(reader.ReadInt64()), reader.ReadString(Limits.PathBytesMax)),
            Tag.Gateways => new ReadGatewaysRequest(),
            Tag.SessionPage => new ReadSessionRequest(new SessionId(reader.ReadInt64()), ReadPage(ref reader)),
            _ => new ReadLockRequest(reader.ReadString(Limits.PathBytesMax), ReadPage(ref reader)),
        };
    }

    private static void WritePage(IBufferWriter<byte> output, ArrivalPage? page)
    {
        if (page is not null)
        {
            output.WriteInt32(page.Limit);
            output.WriteBoolean(page.After is not null);
            if (page.After is not null)
            {
                output.WriteArrival(page.After);
            }
        }
    }

    private static ArrivalPage ReadPage(ref WireReader reader)
    {
        var limit = ReadLimit(ref reader);
        return new ArrivalPage(reader.ReadBoolean() ? reader.ReadArrival() : null, limit);
    }

    private static int ReadDepth(ref WireReader reader)
    {
        var depth = reader.ReadInt32();
        return depth >= 0 ? depth : throw new WireFormatException($"A depth of {depth}.");
    }

    private static int ReadLimit(ref WireReader reader)
    {
        var limit = reader.ReadInt32();
        return limit is > 0 and <= Limits.PageSizeMax
            ? limit
            : throw new WireFormatException($"A page of {limit} entries.");
    }
}
