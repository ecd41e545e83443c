using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Protocol.Commands;

/// <summary>The state machine's decision. Equal on every replica.</summary>
/// <param name="Revision">Of the commit; for a refusal the revision at which it was judged.</param>
/// <param name="Replayed">The answer to an earlier request with the same idempotency key.</param>
/// <param name="Body">As the code demands: see <see cref="ResultBody"/>; null when the code is all.</param>
public sealed record CommandResult(ResultCode Code, Revision Revision, bool Replayed, ResultBody? Body);

public abstract record ResultBody;

/// <summary>Of a write, and of a refused condition (the present state); of a deletion without <paramref name="Stat"/>.</summary>
public sealed record NodeResult(string Path, string ContentType, NodeStat? Stat, bool Created) : ResultBody;

/// <summary>Of a get inside a transaction; <paramref name="Stat"/> null: no such node.</summary>
public sealed record GetResult(string Path, string ContentType, ReadOnlyMemory<byte> Value, NodeStat? Stat) : ResultBody;

public sealed record CounterResult(string Path, long Value, NodeStat Stat) : ResultBody;

/// <summary>Of a transaction. With <see cref="ResultCode.TransactionFailed"/>: which operation failed and how.</summary>
public sealed record TransactionResult(
    bool Succeeded,
    IReadOnlyList<ResultBody> Results,
    int FailedIndex,
    ResultCode OperationCode) : ResultBody;

/// <param name="EndReason">Null while it lives.</param>
/// <param name="LastKeepaliveAt">Unix milliseconds, for an expired session as the expiring leader knew it.</param>
public sealed record SessionInfo(
    SessionId Id,
    string Name,
    long TtlMilliseconds,
    long CreatedAt,
    SessionEndReason? EndReason,
    long LastKeepaliveAt) : ResultBody;

public enum SessionEndReason : byte
{
    Ttl = 0,
    Closed = 1,
}

public enum RecipeKind : byte
{
    Lock = 0,
}

/// <param name="Path">Of the lock; <paramref name="Node"/> is the ticket's own node below it.</param>
/// <param name="Position">0: held; else how many are before it.</param>
public sealed record TicketInfo(
    Ticket Ticket,
    RecipeKind Recipe,
    string Path,
    string Node,
    int Position,
    SessionId Session,
    string Owner) : ResultBody
{
    public bool IsHeld => Position == 0;
}

/// <summary>
/// The holder and the waiters, in order. Of a lock's state, and of <see cref="ResultCode.LockHeld"/>.
/// </summary>
public sealed record TicketList(string Path, IReadOnlyList<TicketInfo> Tickets) : ResultBody;

public sealed record LaneResult(LaneId Lane) : ResultBody;
