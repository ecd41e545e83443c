namespace Cloudkeeper.Protocol.Errors;

/// <summary>
/// Every outcome that the replicated state machine can decide. Part of the log's results and of the wire: append, never
/// renumber. <see cref="ResultCodes"/> has the public name of each.
/// </summary>
public enum ResultCode : byte
{
    Ok = 0,

    /// <summary>No node at the path: 404, or 412 when a condition asked for one.</summary>
    NodeNotFound = 1,
    ParentNotFound = 2,
    NodeExists = 3,
    RevisionMismatch = 4,
    VersionMismatch = 5,
    HasChildren = 6,
    EphemeralParent = 7,
    KindMismatch = 8,
    SessionNotFound = 9,
    SessionExpired = 10,
    TicketNotFound = 11,
    TicketExists = 12,
    LockHeld = 13,
    FenceLost = 14,
    TransactionFailed = 15,
    IdempotencyKeyReuse = 16,
    InvalidOperation = 17,
    InvalidPath = 18,
    NotACounter = 19,
    CounterOverflow = 20,
    RevisionCompacted = 21,
    ValueTooLarge = 22,

    /// <summary>The bytes of the command do not decode. Only a broken gateway sends such.</summary>
    InvalidCommand = 23,

    /// <summary>The lane has expired: whether the command was executed once is no longer known.</summary>
    LaneExpired = 24,

    /// <summary>
    /// The gateway has already moved past this serial: an old copy of a batch, whose answer no caller awaits.
    /// </summary>
    Superseded = 25,

    /// <summary>A bounded table (sessions, idempotency keys, lanes) is full.</summary>
    Overloaded = 26,

    /// <summary>It would delete, or create as parents, more nodes than one request may.</summary>
    TooManyNodes = 27,
    TooManyEphemerals = 28,
}
