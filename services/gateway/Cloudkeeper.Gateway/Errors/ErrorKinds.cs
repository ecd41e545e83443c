using Cloudkeeper.Hosting.Guard;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Gateway.Errors;

/// <summary>All errors that a client can get: API.md, "Codes".</summary>
internal static class ErrorKinds
{
    public static readonly ErrorKind InvalidPath = new(400, "invalid-path", "Not a path",
        "Give an absolute path of non-empty segments without '.', '..' and control characters.");

    public static readonly ErrorKind InvalidParameter = new(400, "invalid-parameter", "Not a valid parameter",
        "Correct the query parameter.");

    public static readonly ErrorKind InvalidBody = new(400, "invalid-body", "Not a valid body",
        "Correct the request's JSON.");

    public static readonly ErrorKind InvalidCondition = new(400, "invalid-condition", "Not a valid condition",
        "Give one If-Match or If-None-Match, or a version.");

    public static readonly ErrorKind InvalidRevision = new(400, "invalid-revision", "Not a revision",
        "Give a revision as an integer between 0 and 2^53 - 1.");

    public static readonly ErrorKind InvalidFence = new(400, "invalid-fence", "Not a fence",
        "Give Cloudkeeper-Fence as tickets separated by commas.");

    public static readonly ErrorKind InvalidIdempotencyKey = new(400, "invalid-idempotency-key", "Not an idempotency key",
        "Give one key of 1 to 64 visible ASCII characters.");

    public static readonly ErrorKind InvalidOperation = new(400, "invalid-operation", "Not possible here",
        "The operation cannot be done on this node.");

    public static readonly ErrorKind TooManyOperations = new(400, "too-many-operations", "Too many operations",
        $"A transaction has at most {Limits.TransactionOperationsMax} operations and conditions each.");

    /// <summary>As every process refuses it, before anything else is looked at.</summary>
    public static readonly ErrorKind CrossOrigin = Of(Refusal.CrossOrigin);

    public static readonly ErrorKind RouteNotFound = new(404, "route-not-found", "No such route",
        "See /openapi/v1.json for what there is.");

    public static readonly ErrorKind NodeNotFound = new(404, "node-not-found", "No such node", "Create the node first.");

    public static readonly ErrorKind ParentNotFound = new(404, "parent-not-found", "No such parent",
        "Create the parent first, or ask for parents=true.");

    public static readonly ErrorKind SessionNotFound = new(404, "session-not-found", "No such session",
        "Open a session with POST /v1/sessions.");

    public static readonly ErrorKind TicketNotFound = new(404, "ticket-not-found", "No such ticket",
        "It was released, or its session has ended: ask for a new one.");

    public static readonly ErrorKind MemberNotFound = new(404, "member-not-found", "No such member",
        "GET /v1/cluster names the members.");

    public static readonly ErrorKind MethodNotAllowed = new(405, "method-not-allowed", "Method not allowed",
        "Use one of the methods in the Allow header.");

    public static readonly ErrorKind RequestTimeout = new(408, "request-timeout", "The request came too slowly",
        "Send the whole request without pauses.");

    public static readonly ErrorKind HasChildren = new(409, "has-children", "The node has children",
        "Delete the children first, or ask for recursive=true.");

    public static readonly ErrorKind TooManyNodes = new(409, "too-many-nodes", "Too many nodes at once",
        $"One request deletes at most {Limits.DeletedNodesMax} nodes and creates at most {Limits.CreatedParentsMax} parents: "
        + "delete parts of the subtree first, or ask in several requests.");

    public static readonly ErrorKind TooManyEphemerals = new(409, "too-many-ephemerals", "The session has too many nodes",
        $"A session has at most {Limits.EphemeralsMax} ephemeral nodes and tickets: spread them over several sessions.");

    public static readonly ErrorKind EphemeralParent = new(409, "ephemeral-parent", "The parent is ephemeral",
        "An ephemeral node has no children: choose another parent.");

    public static readonly ErrorKind KindMismatch = new(409, "kind-mismatch", "The node is of another kind",
        "An existing node keeps its kind and owner: delete it first to change them.");

    public static readonly ErrorKind TransactionFailed = new(409, "transaction-failed", "An operation failed",
        "Nothing was done: operationCode says why the operation at failedIndex could not be.");

    public static readonly ErrorKind LockHeld = new(409, "lock-held", "The lock is held",
        "Wait for its holders, or ask to queue.");

    public static readonly ErrorKind TicketExists = new(409, "ticket-exists", "The session has another ticket here",
        "Release it first.");

    public static readonly ErrorKind NotACounter = new(409, "not-a-counter", "Not a counter",
        "The node does not hold a decimal integer within ±2^53.");

    public static readonly ErrorKind CounterOverflow = new(409, "counter-overflow", "The counter would overflow",
        "Counters stay within ±2^53.");

    public static readonly ErrorKind UnsafeChange = new(409, "unsafe-change", "The change is not safe",
        "The cluster could not go on without a majority of its voters: bring members back, or add some, before.");

    public static readonly ErrorKind SessionExpired = new(410, "session-expired", "The session has ended",
        "Open a new session; what belonged to the old one is gone.");

    public static readonly ErrorKind RevisionCompacted = new(410, "revision-compacted", "History is gone",
        "Read the present state and watch from its revision, or ask for onGap=snapshot.");

    public static readonly ErrorKind NodeExists = new(412, "node-exists", "The node exists",
        "Drop If-None-Match to replace it.");

    public static readonly ErrorKind ConditionNodeNotFound = new(412, "node-not-found", "No such node",
        "The condition asks for an existing node.");

    public static readonly ErrorKind RevisionMismatch = new(412, "revision-mismatch", "The node has changed",
        "Read it again and decide anew: stat is its present state.");

    public static readonly ErrorKind VersionMismatch = new(412, "version-mismatch", "The node has another version",
        "Read it again and decide anew: stat is its present state.");

    public static readonly ErrorKind FenceLost = new(412, "fence-lost", "A fence is lost",
        "The ticket does not hold any more: another one may. Acquire it again before going on.");

    public static readonly ErrorKind ValueTooLarge = new(413, "value-too-large", "The value is too large",
        $"A value has at most {Limits.ValueBytesMax} bytes.");

    public static readonly ErrorKind BodyTooLarge = new(413, "body-too-large", "The body is too large",
        $"A body has at most {Limits.TransactionBytesMax} bytes.");

    public static readonly ErrorKind UnsupportedMediaType = new(415, "unsupported-media-type", "Unsupported media type",
        "Send application/json, without a content encoding.");

    public static readonly ErrorKind ExpectationFailed = new(417, "expectation-failed", "The expectation cannot be met",
        "Only Expect: 100-continue is known.");

    /// <inheritdoc cref="CrossOrigin"/>
    public static readonly ErrorKind MisdirectedHost = Of(Refusal.MisdirectedHost);

    public static readonly ErrorKind IdempotencyKeyReuse = new(422, "idempotency-key-reuse",
        "The idempotency key belongs to another request", "Use a new key for a new request.");

    public static readonly ErrorKind TooManyRequests = new(429, "too-many-requests", "Too many requests",
        "Try again after the time in Retry-After.");

    public static readonly ErrorKind HeadersTooLarge = new(431, "headers-too-large", "The headers are too large",
        "Send fewer or smaller headers.");

    public static readonly ErrorKind InternalError = new(500, "internal-error", "Internal error",
        "It is logged. Try again; a mutation with the same Idempotency-Key.");

    public static readonly ErrorKind NoQuorum = new(503, "no-quorum", "No quorum",
        "Nothing was done: try again. consistency=stale reads are answered without a quorum.");

    public static readonly ErrorKind RevisionNotReached = new(503, "revision-not-reached", "The revision was not reached",
        "Try again, or check where Cloudkeeper-Min-Revision comes from.");

    public static readonly ErrorKind Overloaded = new(503, "overloaded", "Overloaded",
        "Nothing was done: try again after the time in Retry-After.");

    public static readonly ErrorKind ShuttingDown = new(503, "shutting-down", "Shutting down",
        "Nothing was done: try again, another gateway will answer.");

    public static readonly ErrorKind OutcomeUnknown = new(504, "outcome-unknown", "The outcome is unknown",
        "It may have been done or not: repeat it with the same Idempotency-Key to find out.");

    public static readonly ErrorKind StorageFull = new(507, "storage-full", "The storage is full",
        "Nothing was done, reads go on: free space on the nodes' disks.");

    /// <param name="code">A refusal of the state machine.</param>
    /// <param name="conditional">The request had a condition on the node, so that its absence is a failed condition.</param>
    public static ErrorKind Of(ResultCode code, bool conditional = false) => code switch
    {
        ResultCode.NodeNotFound => conditional ? ConditionNodeNotFound : NodeNotFound,
        ResultCode.ParentNotFound => ParentNotFound,
        ResultCode.NodeExists => NodeExists,
        ResultCode.RevisionMismatch => RevisionMismatch,
        ResultCode.VersionMismatch => VersionMismatch,
        ResultCode.HasChildren => HasChildren,
        ResultCode.TooManyNodes => TooManyNodes,
        ResultCode.TooManyEphemerals => TooManyEphemerals,
        ResultCode.EphemeralParent => EphemeralParent,
        ResultCode.KindMismatch => KindMismatch,
        ResultCode.SessionNotFound => SessionNotFound,
        ResultCode.SessionExpired => SessionExpired,
        ResultCode.TicketNotFound => TicketNotFound,
        ResultCode.TicketExists => TicketExists,
        ResultCode.LockHeld => LockHeld,
        ResultCode.FenceLost => FenceLost,
        ResultCode.TransactionFailed => TransactionFailed,
        ResultCode.IdempotencyKeyReuse => IdempotencyKeyReuse,
        ResultCode.InvalidOperation => InvalidOperation,
        ResultCode.InvalidPath => InvalidPath,
        ResultCode.NotACounter => NotACounter,
        ResultCode.CounterOverflow => CounterOverflow,
        ResultCode.RevisionCompacted => RevisionCompacted,
        ResultCode.ValueTooLarge => ValueTooLarge,
        ResultCode.LaneExpired or ResultCode.Superseded => OutcomeUnknown,
        ResultCode.Overloaded => Overloaded,
        _ => InternalError,
    };

    private static ErrorKind Of(Refusal refusal) => new(refusal.Status, refusal.Code, refusal.Title, refusal.Detail);
}
