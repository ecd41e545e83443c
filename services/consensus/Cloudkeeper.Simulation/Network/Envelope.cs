using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Simulation.Network;

/// <summary>Something on its way between two endpoints: bytes, and what HTTP would carry beside them.</summary>
internal abstract record Envelope(int From, int To);

/// <summary>Who speaks to whom on a stream between members: a machine may have become another member meanwhile.</summary>
internal sealed record PeerHeader(Guid Cluster, NodeId From, Guid Instance, NodeId To);

/// <summary>A message of Raft, as <c>RaftMessageCodec</c> writes it.</summary>
internal sealed record PeerEnvelope(int From, int To, PeerHeader Header, byte[] Bytes) : Envelope(From, To);

/// <summary>Whoever spoke is no member any more, by what is committed.</summary>
internal sealed record RemovedEnvelope(int From, int To, NodeId Member) : Envelope(From, To);

/// <summary>POST /membership/announce.</summary>
internal sealed record AnnouncementEnvelope(int From, int To, long Call, Announcement Announcement) : Envelope(From, To);

/// <param name="Outcome">Null: nobody there takes part in a cluster.</param>
/// <param name="Leader">The machine to ask instead; 0: not known.</param>
internal sealed record AdmissionEnvelope(int From, int To, long Call, ChangeOutcome? Outcome, int Leader)
    : Envelope(From, To);

/// <summary>A part of a snapshot file on its way to a follower.</summary>
/// <param name="Transfer">Which transfer it belongs to; never used twice.</param>
/// <param name="Announcement">The message of Raft that this snapshot belongs to.</param>
internal sealed record ChunkEnvelope(
    int From, int To, PeerHeader Header, long Transfer, byte[] Announcement, long Offset, byte[] Bytes, bool IsLast)
    : Envelope(From, To);

/// <summary>The receiver has everything up to here; at the end: it has taken the snapshot over, or refused.</summary>
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

/// <summary>The endpoints of a node that a gateway uses (NodeRoutes).</summary>
internal enum Route
{
    Commands,
    Reads,
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
    Malformed,

    /// <summary>The connection was refused or reset: nobody is there.</summary>
    Unreachable,
}
