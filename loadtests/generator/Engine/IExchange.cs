namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>The protocol on one connection: which bytes to send next, and when an answer is complete.</summary>
internal interface IExchange
{
    /// <summary>A new connection is open: requests under way on an old one are forgotten.</summary>
    void Connected();

    /// <summary>The next request; false when there is nothing more to ask. Valid until the next call.</summary>
    bool TryNextRequest(out ArraySegment<byte> request);

    /// <summary>False until all of the answer is there; then what it was and how many bytes it took.</summary>
    /// <exception cref="InvalidDataException">The bytes are not of this protocol.</exception>
    bool TryReadReply(ReadOnlySpan<byte> received, out Reply reply, out int consumed);
}

/// <summary>What came of a request.</summary>
/// <param name="Kind">Whether it counts, and as what.</param>
/// <param name="Code">The protocol's own code: an HTTP status or a ZooKeeper error.</param>
internal readonly record struct Reply(ReplyKind Kind, int Code);

/// <summary>How a reply is counted.</summary>
internal enum ReplyKind
{
    /// <summary>An operation done.</summary>
    Success,

    /// <summary>An operation refused or failed.</summary>
    Failure,

    /// <summary>Part of setting up the connection: not an operation.</summary>
    Handshake,
}
