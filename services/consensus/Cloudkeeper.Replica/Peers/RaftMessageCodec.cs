using System.Buffers;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Peers;

/// <summary>Bytes of the messages between members, and of the metadata of a snapshot on its way.</summary>
/// <remarks><code>version (1) | kind (1) | from (4) | to (4) | term (8) | fields of the kind</code></remarks>
public static class RaftMessageCodec
{
    /// <summary>More entries than any append carries.</summary>
    public const int EntriesMax = 65_536;

    private const byte Version = 1;
    private const long RoundMax = 1L << 62;

    private enum Kind : byte
    {
        PreVoteRequest = 0,
        PreVoteReply = 1,
        VoteRequest = 2,
        VoteReply = 3,
        AppendRequest = 4,
        AppendReply = 5,
        HeartbeatRequest = 6,
        HeartbeatReply = 7,
        SnapshotRequest = 8,
        TimeoutNowRequest = 9,
    }

    public static void Write(IBufferWriter<byte> output, RaftMessage message)
    {
        switch (message)
        {
            case PreVoteRequest m:
                Begin(output, Kind.PreVoteRequest, m);
                output.WriteInt64(m.LastIndex.Value);
                output.WriteInt64(m.LastTerm.Value);
                break;
            case PreVoteReply m:
                Begin(output, Kind.PreVoteReply, m);
                output.WriteBoolean(m.Granted);
                break;
            case VoteRequest m:
                Begin(output, Kind.VoteRequest, m);
                output.WriteInt64(m.LastIndex.Value);
                output.WriteInt64(m.LastTerm.Value);
                output.WriteBoolean(m.IsTransfer);
                break;
            case VoteReply m:
                Begin(output, Kind.VoteReply, m);
                output.WriteBoolean(m.Granted);
                break;
            case AppendRequest m:
                Begin(output, Kind.AppendRequest, m);
                WriteAppend(output, m);
                break;
            case AppendReply m:
                Begin(output, Kind.AppendReply, m);
                output.WriteInt64(m.MatchIndex.Value);
                output.WriteOptional(m.RejectedIndex?.Value);
                output.WriteInt64(m.HintIndex.Value);
                output.WriteInt64(m.HintTerm.Value);
                break;
            case HeartbeatRequest m:
                Begin(output, Kind.HeartbeatRequest, m);
                output.WriteInt64(m.Commit.Value);
                output.WriteInt64(m.Round);
                break;
            case HeartbeatReply m:
                Begin(output, Kind.HeartbeatReply, m);
                output.WriteInt64(m.Round);
                break;
            case SnapshotRequest m:
                Begin(output, Kind.SnapshotRequest, m);
                output.WriteInt64(m.Snapshot.Index.Value);
                output.WriteInt64(m.Snapshot.Term.Value);
                output.WriteBytes(MembershipCodec.Encode(m.Snapshot.Membership));
                break;
            case TimeoutNowRequest m:
                Begin(output, Kind.TimeoutNowRequest, m);
                output.WriteInt64(m.LastIndex.Value);
                output.WriteInt64(m.LastTerm.Value);
                break;
            default:
                throw new ArgumentException("No encoding for this message.", nameof(message));
        }
    }

    /// <summary>A message that has come from a peer: no peer sends for another.</summary>
    /// <exception cref="WireFormatException">Not a message, or not from one to the other.</exception>
    public static RaftMessage ReadFrom(NodeId from, NodeId to, ReadOnlySpan<byte> bytes)
    {
        var message = Read(bytes);
        return message.From == from && message.To == to
            ? message
            : throw new WireFormatException($"A message from n{message.From} to n{message.To}; n{from} sends to n{to} here.");
    }

    /// <exception cref="WireFormatException">Not a message.</exception>
    public static RaftMessage Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var version = reader.ReadByte();
        if (version != Version)
        {
            throw new WireFormatException($"A peer message of version {version}; this is version {Version}.");
        }

        var kind = reader.ReadEnum(Kind.TimeoutNowRequest);
        var from = ReadNode(ref reader);
        var to = ReadNode(ref reader);
        var term = ReadTerm(ref reader);
        RaftMessage message = kind switch
        {
            Kind.PreVoteRequest => new PreVoteRequest(from, to, term, ReadIndex(ref reader), ReadTerm(ref reader)),
            Kind.PreVoteReply => new PreVoteReply(from, to, term, reader.ReadBoolean()),
            Kind.VoteRequest => new VoteRequest(
                from,
                to,
                term,
                ReadIndex(ref reader),
                ReadTerm(ref reader),
                reader.ReadBoolean()),
            Kind.VoteReply => new VoteReply(from, to, term, reader.ReadBoolean()),
            Kind.AppendRequest => ReadAppend(ref reader, from, to, term),
            Kind.AppendReply => new AppendReply(
                from,
                to,
                term,
                ReadIndex(ref reader),
                reader.ReadBoolean() ? ReadIndex(ref reader) : null,
                ReadIndex(ref reader),
                ReadTerm(ref reader)),
            Kind.HeartbeatRequest => new HeartbeatRequest(from, to, term, ReadIndex(ref reader), ReadRound(ref reader)),
            Kind.HeartbeatReply => new HeartbeatReply(from, to, term, ReadRound(ref reader)),
            Kind.SnapshotRequest => new SnapshotRequest(
                from,
                to,
                term,
                new SnapshotMetadata(ReadIndex(ref reader), ReadTerm(ref reader), ReadMembership(ref reader))),
            _ => new TimeoutNowRequest(from, to, term, ReadIndex(ref reader), ReadTerm(ref reader)),
        };
        reader.RequireEnd();
        return message;
    }

    private static void Begin(IBufferWriter<byte> output, Kind kind, RaftMessage message)
    {
        output.WriteByte(Version);
        output.WriteByte((byte)kind);
        output.WriteInt32(message.From.Value);
        output.WriteInt32(message.To.Value);
        output.WriteInt64(message.Term.Value);
    }

    private static void WriteAppend(IBufferWriter<byte> output, AppendRequest append)
    {
        output.WriteInt64(append.PreviousIndex.Value);
        output.WriteInt64(append.PreviousTerm.Value);
        output.WriteInt64(append.Commit.Value);
        output.WriteCount(append.Entries.Count);
        foreach (var entry in append.Entries)
        {
            output.WriteInt64(entry.Term.Value);
            output.WriteByte((byte)entry.Kind);
            output.WriteBytes(entry.Payload.Span);
        }
    }

    private static AppendRequest ReadAppend(ref WireReader reader, NodeId from, NodeId to, Term term)
    {
        var previousIndex = ReadIndex(ref reader);
        var previousTerm = ReadTerm(ref reader);
        var commit = ReadIndex(ref reader);
        var entries = new LogEntry[reader.ReadCount(EntriesMax, 10)];
        for (var i = 0; i < entries.Length; i++)
        {
            // The index is not sent: entries follow the previous one without a gap (bug B-53).
            entries[i] = new LogEntry(
                previousIndex + (i + 1),
                ReadTerm(ref reader),
                reader.ReadEnum(EntryKind.Membership),
                reader.ReadBytes());
        }

        return new AppendRequest(from, to, term, previousIndex, previousTerm, entries, commit);
    }

    private static Membership ReadMembership(ref WireReader reader) =>
        MembershipCodec.TryDecode(reader.ReadBytes(), out var membership)
            ? membership
            : throw new WireFormatException("Not a membership.");

    // Here and nowhere else numbers of a peer become ours: none is so large that calculations with it overflow.
    private static LogIndex ReadIndex(ref WireReader reader) => new(ReadNumber(ref reader, LogIndex.Largest, "An index"));

    private static Term ReadTerm(ref WireReader reader) => new(ReadNumber(ref reader, Term.Largest, "A term"));

    private static long ReadRound(ref WireReader reader) => ReadNumber(ref reader, RoundMax, "A round");

    private static NodeId ReadNode(ref WireReader reader) =>
        reader.ReadInt32() is > 0 and var id ? new NodeId(id) : throw new WireFormatException("No such node id.");

    private static long ReadNumber(ref WireReader reader, long largest, string what)
    {
        var value = reader.ReadInt64();
        return value >= 0 && value <= largest
            ? value
            : throw new WireFormatException($"{what} of {value}, at most {largest}.");
    }
}
