using System.Net;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>One call to one node: the seam between the gateway's decisions and the network.</summary>
internal interface INodeTransport
{
    /// <exception cref="NodeUnreachableException">No connection: the node has not seen it.</exception>
    /// <exception cref="IOException">The connection broke under way: the node may have seen it.</exception>
    /// <exception cref="OperationCanceledException">The time was up: the node may have seen it.</exception>
    ValueTask<NodeReply> PostAsync(
        Uri node, string route, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);

    /// <summary>Makes a call whose body, if it has one, is JSON.</summary>
    /// <exception cref="NodeUnreachableException">No connection: the node has not seen it.</exception>
    /// <exception cref="IOException">The connection broke under way: the node may have seen it.</exception>
    /// <exception cref="OperationCanceledException">The time was up: the node may have seen it.</exception>
    ValueTask<NodeReply> CallAsync(
        HttpMethod method, Uri node, string route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken);

    /// <summary>Opens a stream of bytes.</summary>
    /// <exception cref="NodeUnreachableException">No connection, or the node refuses.</exception>
    Task<Stream> OpenAsync(Uri node, string route, CancellationToken cancellationToken);

    /// <summary>Gets an answer of any status and size, its body still to come.</summary>
    /// <exception cref="NodeUnreachableException">There is none.</exception>
    Task<HttpResponseMessage> GetAsync(Uri node, string route, CancellationToken cancellationToken);
}

/// <param name="Leader">
/// The leader, as far as the answering node knows, when it is asked for what only a leader does.
/// </param>
internal readonly record struct NodeReply(HttpStatusCode Status, Uri? Leader, ReadOnlyMemory<byte> Body);

/// <summary>Nothing was sent to the node.</summary>
internal sealed class NodeUnreachableException(string message, Exception? inner = null) : Exception(message, inner);
