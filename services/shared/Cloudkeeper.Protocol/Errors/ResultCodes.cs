namespace Cloudkeeper.Protocol.Errors;

/// <summary>The public names of the outcomes: the <c>code</c> of API.md's problem documents.</summary>
public static class ResultCodes
{
    /// <summary>The last one; bytes beyond it are none.</summary>
    public const ResultCode Last = ResultCode.TooManyEphemerals;

    public static string ToApiCode(this ResultCode code) => code switch
    {
        ResultCode.Ok => "ok",
        ResultCode.NodeNotFound => "node-not-found",
        ResultCode.ParentNotFound => "parent-not-found",
        ResultCode.NodeExists => "node-exists",
        ResultCode.RevisionMismatch => "revision-mismatch",
        ResultCode.VersionMismatch => "version-mismatch",
        ResultCode.HasChildren => "has-children",
        ResultCode.EphemeralParent => "ephemeral-parent",
        ResultCode.KindMismatch => "kind-mismatch",
        ResultCode.SessionNotFound => "session-not-found",
        ResultCode.SessionExpired => "session-expired",
        ResultCode.TicketNotFound => "ticket-not-found",
        ResultCode.TicketExists => "ticket-exists",
        ResultCode.LockHeld => "lock-held",
        ResultCode.FenceLost => "fence-lost",
        ResultCode.TransactionFailed => "transaction-failed",
        ResultCode.IdempotencyKeyReuse => "idempotency-key-reuse",
        ResultCode.InvalidOperation => "invalid-operation",
        ResultCode.InvalidPath => "invalid-path",
        ResultCode.NotACounter => "not-a-counter",
        ResultCode.CounterOverflow => "counter-overflow",
        ResultCode.RevisionCompacted => "revision-compacted",
        ResultCode.ValueTooLarge => "value-too-large",
        ResultCode.InvalidCommand => "internal-error",
        ResultCode.LaneExpired => "outcome-unknown",
        ResultCode.Superseded => "outcome-unknown",
        ResultCode.Overloaded => "overloaded",
        ResultCode.TooManyNodes => "too-many-nodes",
        ResultCode.TooManyEphemerals => "too-many-ephemerals",
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "Not a result code."),
    };
}
