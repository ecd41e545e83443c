namespace Cloudkeeper.Protocol.Commands;

/// <summary>A command with all that exactly-once execution needs.</summary>
/// <param name="Serial">Its number in its lane, counting up by one.</param>
/// <param name="IdempotencyKey">The client's own key, or null.</param>
/// <param name="Fingerprint">Of method, path, query, body, conditions and fences: the same key with another one is refused.</param>
/// <param name="Fences">Tickets that must be held at the moment of commit.</param>
public sealed record CommandRequest(
    long Serial,
    string? IdempotencyKey,
    UInt128 Fingerprint,
    IReadOnlyList<Ticket> Fences,
    Command Command);

/// <summary>A gateway's batch, and an entry of the log: the same bytes (CommandCodec).</summary>
/// <param name="FirstPending">The smallest serial whose answer the gateway still waits for: older results are forgotten.</param>
public sealed record CommandBatch(LaneId Lane, long FirstPending, IReadOnlyList<CommandRequest> Requests);
