namespace Cloudkeeper.Protocol.Commands;

/// <summary>A client's request to the state machine; decided at apply, in log order, never before (rule R4).</summary>
public abstract record Command;

/// <summary>One operation on its own: its refusal is the refusal of the command.</summary>
public sealed record MutationCommand(Operation Operation) : Command;

/// <summary>All or nothing, in one revision: <c>Then</c> when every condition holds, else <c>Else</c>.</summary>
public sealed record TransactionCommand(
    IReadOnlyList<Condition> If,
    IReadOnlyList<Operation> Then,
    IReadOnlyList<Operation> Else) : Command;

public sealed record OpenSessionCommand(long TtlMilliseconds, string Name) : Command;

/// <summary>Ends a session; its ephemeral nodes and tickets go in the same revision.</summary>
public sealed record CloseSessionCommand(SessionId Session) : Command;

/// <summary>Takes a place in the queue of an exclusive lock, or gives the place that the session already has.</summary>
/// <param name="Session">
/// The session that the ticket lives and dies with; null: one of its own, of <paramref name="TtlMilliseconds"/>.
/// </param>
/// <param name="Queue">False: refuse with <c>lock-held</c> instead of waiting.</param>
public sealed record AcquireLockCommand(
    string Path,
    SessionId? Session,
    long TtlMilliseconds,
    string Owner,
    bool Queue) : Command;

/// <summary>Releases a held ticket or gives up a waiting one.</summary>
public sealed record ReleaseTicketCommand(Ticket Ticket) : Command;

/// <summary>
/// A gateway publishes the address at which the proxy reaches it; it replaces the one that the same instance or the
/// same session published before, and goes with its session. Sent by gateways on their own, from feature level 4 on; no
/// request of a client becomes this. Changes nothing that a client can see in the tree and takes no revision.
/// </summary>
public sealed record RegisterGatewayCommand(GatewayEntry Gateway) : Command;

/// <summary>Opens a lane. Changes nothing that a client can see and takes no revision.</summary>
public sealed record OpenLaneCommand : Command;

/// <summary>Proposed by a leader on its own (rule R5), never at the request of a client.</summary>
/// <param name="DecidedIn">The term of that leader: void when applied in another one.</param>
public abstract record LeaderCommand(long DecidedIn) : Command;

/// <summary>The sessions whose TTL has run out by the leader's count of keepalives.</summary>
public sealed record ExpireSessionsCommand(long DecidedIn, IReadOnlyList<ExpiredSession> Sessions)
    : LeaderCommand(DecidedIn);

/// <param name="LastKeepaliveAt">Unix milliseconds, as the deciding leader counted.</param>
public sealed record ExpiredSession(SessionId Session, long LastKeepaliveAt);

/// <summary>
/// Container and TTL nodes that look idle. Each goes only if it still has no children and its children and modified
/// revisions are those that the leader saw.
/// </summary>
public sealed record RemoveIdleNodesCommand(long DecidedIn, IReadOnlyList<IdleNode> Nodes) : LeaderCommand(DecidedIn);

public sealed record IdleNode(string Path, Revision ModifiedRevision, Revision ChildrenRevision);

/// <summary>
/// Every member knows the next feature level: from here on all of them apply that level's rules. Goes up by one at a
/// time and never down.
/// </summary>
public sealed record RaiseFeatureLevelCommand(long DecidedIn, int Level) : LeaderCommand(DecidedIn);

/// <summary>
/// The digest of the leader's state behind an entry. Changes nothing; every replica compares it with its own.
/// </summary>
public sealed record CheckpointCommand(long DecidedIn, long Index, ulong Digest) : LeaderCommand(DecidedIn);
