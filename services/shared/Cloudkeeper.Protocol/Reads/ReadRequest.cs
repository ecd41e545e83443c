namespace Cloudkeeper.Protocol.Reads;

/// <summary>A question about the state at one revision.</summary>
public abstract record ReadRequest
{
    /// <summary>Whether the answer may be large: then it does not travel with those that are not.</summary>
    public bool IsList => this
        is ReadChildrenRequest or ReadSubtreeRequest or ReadSessionRequest or ReadSessionsRequest or ReadLockRequest;
}

public sealed record ReadNodeRequest(string Path, bool WithValue) : ReadRequest;

/// <param name="After">Only children whose names are behind this one; empty: from the first.</param>
public sealed record ReadChildrenRequest(string Path, string After, int Limit, bool WithValues) : ReadRequest;

/// <param name="After">Only nodes whose full paths are behind this one in the order of bytes; empty: from the first.</param>
/// <param name="DepthMax">How far below <paramref name="Path"/>; 0: only the node itself.</param>
public sealed record ReadSubtreeRequest(string Path, string After, int DepthMax, int Limit, bool WithValues) : ReadRequest;

/// <param name="Page">Of its ephemeral nodes; null: as nodes before feature level 4 know it, without a next page.</param>
public sealed record ReadSessionRequest(SessionId Session, ArrivalPage? Page = null) : ReadRequest;

/// <param name="After">Only sessions with a larger id.</param>
public sealed record ReadSessionsRequest(SessionId After, int Limit) : ReadRequest;

public sealed record ReadTicketRequest(Ticket Ticket) : ReadRequest;

/// <param name="Page">
/// Of the holder and the waiters; null: as nodes before feature level 4 know it, without a next page.
/// </param>
public sealed record ReadLockRequest(string Path, ArrivalPage? Page = null) : ReadRequest;

/// <summary>One change from the history, with its value and the one before, of any size.</summary>
public sealed record ReadChangeRequest(Revision Revision, string Path) : ReadRequest;

/// <summary>The gateways that have registered; from feature level 4 on.</summary>
public sealed record ReadGatewaysRequest : ReadRequest;

public enum ReadConsistency : byte
{
    /// <summary>Reflects everything that was committed when the request arrived.</summary>
    Linearizable = 0,

    /// <summary>The state that the node has applied, at least <see cref="ReadBatch.MinRevision"/>.</summary>
    Local = 1,
}

/// <param name="MinRevision">The node waits (bounded) until it has applied this revision.</param>
public sealed record ReadBatch(
    ReadConsistency Consistency,
    Revision MinRevision,
    IReadOnlyList<ReadRequest> Requests);
