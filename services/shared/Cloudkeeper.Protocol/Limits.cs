namespace Cloudkeeper.Protocol;

/// <summary>Bounds of the public contract (API.md). Checked at the gateway before memory is spent, and again at apply.</summary>
public static class Limits
{
    /// <summary>Longest path in UTF-8 bytes, the leading '/' included.</summary>
    public const int PathBytesMax = 1024;

    /// <summary>Largest value of a node, in bytes.</summary>
    public const int ValueBytesMax = 1 << 20;

    /// <summary>Longest content type, in characters.</summary>
    public const int ContentTypeCharsMax = 256;

    /// <summary>Most operations in one branch of a transaction, and most conditions.</summary>
    public const int TransactionOperationsMax = 128;

    /// <summary>
    /// Most nodes that one request deletes: all nodes of a recursive deletion count, and all operations of a
    /// transaction together.
    /// </summary>
    public const int DeletedNodesMax = 250_000;

    /// <summary>
    /// Most characters of their paths together: a deletion lists each of them, and every replica and every gateway
    /// keeps the list in memory for a while.
    /// </summary>
    public const int DeletedPathCharsMax = 64 << 20;

    /// <summary>Most parents that one request creates, all operations of a transaction together.</summary>
    public const int CreatedParentsMax = 4_096;

    /// <summary>Most ephemeral nodes of a session, tickets included: all of them go in the revision that ends it.</summary>
    public const int EphemeralsMax = 100_000;

    /// <summary>Largest body of a transaction, in bytes.</summary>
    public const int TransactionBytesMax = 4 << 20;

    /// <summary>Longest idempotency key, in visible ASCII characters.</summary>
    public const int IdempotencyKeyCharsMax = 64;

    /// <summary>Longest name of a session or owner of a ticket, in UTF-8 bytes.</summary>
    public const int NameBytesMax = 256;

    /// <summary>Most fences on one mutation.</summary>
    public const int FencesMax = 16;

    public const long SessionTtlMillisecondsMin = 1_000;
    public const long SessionTtlMillisecondsMax = 3_600_000;

    /// <summary>Most gateways that are registered at a time.</summary>
    public const int GatewaysMax = 64;

    /// <summary>Most entries on one page of children or sessions.</summary>
    public const int PageSizeMax = 10_000;

    /// <summary>Largest batch of commands or reads between a gateway and a node, in bytes.</summary>
    public const int BatchBytesMax = 8 << 20;

    /// <summary>
    /// Largest answer to a batch, in bytes: a transaction may read 128 values, and be the first of several. A node that sends
    /// more is not believed to be one.
    /// </summary>
    public const int BatchAnswerBytesMax = 256 << 20;

    /// <summary>
    /// Largest body that a node takes: a batch and something around it. Gateways form their batches by their exact size.
    /// </summary>
    public const int NodeBodyBytesMax = BatchBytesMax + (64 << 10);

    /// <summary>Most bytes of values that the commands of one batch may read together; one that may read more goes alone.</summary>
    public const int BatchReadBytesMax = 64 << 20;

    /// <summary>Most commands or reads in one batch.</summary>
    public const int BatchItemsMax = 4_096;

    /// <summary>Values up to this size travel in the change feed; larger ones are fetched.</summary>
    public const int FeedValueBytesMax = 4 << 10;
}
