using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Protocol.Reads;

/// <summary>Answer to one <see cref="ReadRequest"/>. All answers of a batch are of one revision.</summary>
public abstract record ReadResult(ResultCode Code);

/// <param name="Stat">Null: no such node.</param>
/// <param name="AbsentSince">
/// The revision that deleted the absent node. When that is not known (any more) one that is not smaller: all deletions above it
/// are known; 0 while all are.
/// </param>
public sealed record ReadNodeResult(
    ResultCode Code,
    NodeStat? Stat,
    string ContentType,
    ReadOnlyMemory<byte> Value,
    Revision AbsentSince) : ReadResult(Code);

public sealed record ChildEntry(string Name, string ContentType, NodeStat Stat, ReadOnlyMemory<byte> Value);

/// <param name="Stat">Of the parent.</param>
/// <param name="HasMore">More children follow the last one.</param>
public sealed record ReadChildrenResult(
    ResultCode Code,
    NodeStat? Stat,
    Revision AbsentSince,
    IReadOnlyList<ChildEntry> Children,
    bool HasMore) : ReadResult(Code);

public sealed record SubtreeEntry(string Path, string ContentType, NodeStat Stat, ReadOnlyMemory<byte> Value);

/// <param name="Nodes">In the order of the bytes of their full paths.</param>
/// <param name="HasMore">More nodes follow the last one.</param>
public sealed record ReadSubtreeResult(
    ResultCode Code,
    Revision AbsentSince,
    IReadOnlyList<SubtreeEntry> Nodes,
    bool HasMore) : ReadResult(Code);

/// <param name="Ephemerals">Paths of its ephemeral nodes, in the order of their creation.</param>
/// <param name="ExpiresInMilliseconds">As the answering leader counts; -1 from another node, which cannot know.</param>
public sealed record ReadSessionResult(
    ResultCode Code,
    SessionInfo? Session,
    IReadOnlyList<string> Ephemerals,
    long ExpiresInMilliseconds) : ReadResult(Code)
{
    /// <summary>The last one here, if more follow and a page was asked for.</summary>
    public Arrival? More { get; init; }
}

public sealed record SessionEntry(SessionInfo Session, long ExpiresInMilliseconds);

public sealed record ReadSessionsResult(ResultCode Code, IReadOnlyList<SessionEntry> Sessions, bool HasMore)
    : ReadResult(Code);

/// <param name="ExpiresInMilliseconds">Of the ticket's session; -1 when unknown.</param>
public sealed record ReadTicketResult(ResultCode Code, TicketInfo? Ticket, long ExpiresInMilliseconds) : ReadResult(Code);

/// <param name="Tickets">In the order in which they came.</param>
public sealed record ReadLockResult(ResultCode Code, IReadOnlyList<ReadTicketResult> Tickets) : ReadResult(Code)
{
    /// <summary>The last one here, if more follow and a page was asked for.</summary>
    public Arrival? More { get; init; }
}

/// <param name="Code"><see cref="ResultCode.RevisionCompacted"/> also when only values of the change are gone.</param>
/// <param name="Change">
/// The part of it that is left: null in the place of a value that is gone. Null: there is no such change (any more).
/// </param>
public sealed record ReadChangeResult(ResultCode Code, Change? Change, Revision OldestRevision) : ReadResult(Code);

/// <param name="Gateways">By the order of their names, at most <see cref="Limits.GatewaysMax"/>.</param>
public sealed record ReadGatewaysResult(ResultCode Code, IReadOnlyList<GatewayEntry> Gateways) : ReadResult(Code);

/// <param name="Revision">At which all of it was read.</param>
public sealed record ReadBatchResult(Revision Revision, IReadOnlyList<ReadResult> Results)
{
    /// <summary>The cluster whose state it is: revisions of two clusters cannot be compared (bug B-75).</summary>
    public Guid Cluster { get; init; }
}
