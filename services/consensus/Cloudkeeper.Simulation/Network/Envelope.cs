using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Simulation.Redis;

namespace Cloudkeeper.Simulation.Network;

/// <summary>
/// A message on its way between two endpoints: bytes, and the parts that HTTP would carry beside them.
/// </summary>
internal abstract record Envelope(int From, int To);

/// <summary>The two ends of a stream between members: a machine may have become another member meanwhile.</summary>
internal sealed record PeerHeader(Guid Cluster, NodeId From, Guid Instance, NodeId To);

/// <summary>A message of Raft, as <c>RaftMessageCodec</c> writes it.</summary>
internal sealed record PeerEnvelope(int From, int To, PeerHeader Header, byte[] Bytes) : Envelope(From, To);

/// <summary>The sender is no member any more, by the committed membership.</summary>
internal sealed record RemovedEnvelope(int From, int To, NodeId Member) : Envelope(From, To);

/// <summary>GET /membership/voters.</summary>
internal sealed record VotersQuestionEnvelope(int From, int To) : Envelope(From, To);

internal sealed record VotersAnswerEnvelope(int From, int To, IReadOnlyList<Member> Voters) : Envelope(From, To);

/// <summary>POST /membership/announce.</summary>
internal sealed record AnnouncementEnvelope(int From, int To, long Call, Announcement Announcement) : Envelope(From, To);

/// <param name="Outcome">Null: no process there takes part in a cluster.</param>
/// <param name="Leader">The machine to ask instead; 0: not known.</param>
internal sealed record AdmissionEnvelope(int From, int To, long Call, ChangeOutcome? Outcome, int Leader)
    : Envelope(From, To);

/// <summary>A part of a snapshot file on its way to a follower.</summary>
/// <param name="Transfer">Which transfer it belongs to; never used twice.</param>
/// <param name="Announcement">The message of Raft that this snapshot belongs to.</param>
internal sealed record ChunkEnvelope(
    int From, int To, PeerHeader Header, long Transfer, byte[] Announcement, long Offset, byte[] Bytes, bool IsLast)
    : Envelope(From, To);

/// <summary>The receiver has all bytes up to here; at the end: it has taken the snapshot over, or refused.</summary>
internal sealed record ChunkAnswerEnvelope(int From, int To, long Transfer, long Offset, ChunkStatus Status)
    : Envelope(From, To);

internal enum ChunkStatus
{
    More,
    Installed,
    Refused,
}

internal sealed record RequestEnvelope(int From, int To, long Call, Route Route, byte[] Body) : Envelope(From, To);

/// <param name="Leader">The machine of the leader as the answering node knows it; 0: not known.</param>
internal sealed record ReplyEnvelope(int From, int To, long Call, ReplyStatus Status, int Leader, byte[] Body)
    : Envelope(From, To);

/// <summary>GET of the feed. A stream is one connection, and its number is never used twice.</summary>
/// <param name="Position">Null: as many of the last transactions as there are, at most <paramref name="Recent"/>.</param>
internal sealed record FeedRequestEnvelope(int From, int To, long Stream, Revision? Position, int Recent)
    : Envelope(From, To);

/// <summary>Bytes of a feed, each part with its number, by which they are put in order as TCP does.</summary>
internal sealed record FeedBytesEnvelope(
    int From, int To, long Stream, long Sequence, ReadOnlyMemory<byte> Frames, bool IsLast) : Envelope(From, To);

/// <summary>The window of TCP: all bytes up to here have been read.</summary>
/// <param name="IsClosed">There is no subscriber any more.</param>
internal sealed record FeedAnswerEnvelope(int From, int To, long Stream, long Sequence, bool IsClosed)
    : Envelope(From, To);

internal sealed record RedisRequestEnvelope(int From, int To, long Call, RedisCommand Command) : Envelope(From, To);

/// <param name="Value">Null: there is none, or no.</param>
internal sealed record RedisReplyEnvelope(int From, int To, long Call, byte[]? Value) : Envelope(From, To);

/// <summary>Something was published.</summary>
internal sealed record RedisMessageEnvelope(int From, int To, byte[] Message) : Envelope(From, To);

/// <summary>The endpoints of a node that a gateway uses (NodeRoutes).</summary>
internal enum Route
{
    Commands,
    Reads,
    ReadIndex,
    Keepalives,
}

/// <summary>The status codes of NodeRoutes.</summary>
internal enum ReplyStatus
{
    Ok,
    Misdirected,
    Overloaded,
    Unavailable,
    Unknown,
    StorageFull,
    TooMuch,
    Malformed,

    /// <summary>The connection was refused or reset: no process is there.</summary>
    Unreachable,
}
