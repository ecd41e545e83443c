using System.Net;
using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Single calls to nodes, and the pauses between them.</summary>
internal sealed partial class NodeCalls(
    INodeTransport transport, NodeDirectory directory, TimeSpan attemptTimeout, TimeProvider time, Random random, GatewayMetrics metrics,
    ILogger<NodeCalls> logger)
{
    private readonly RareNotice _keyRefused = new(time);

    /// <summary>Asks one node, and corrects <paramref name="preferred"/> by its answer.</summary>
    public async ValueTask<NodeCall> TryAsync(
        PreferredNode preferred, string route, ReadOnlyMemory<byte> body, TimeSpan remaining)
    {
        var node = preferred.Current;
        using var timeout = new CancellationTokenSource(remaining < attemptTimeout ? remaining : attemptTimeout, time);
        try
        {
            return Judge(preferred, node, await transport.PostAsync(node, route, body, timeout.Token));
        }
        catch (NodeUnreachableException)
        {
            return CallOf(CallResult.Unreachable);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogLost(logger, route, node, PlainText.Cut(e.Message));
            return CallOf(CallResult.Lost);
        }

        NodeCall CallOf(CallResult result) => new(result, NamesAnother: preferred.Learn(node, result, named: null));
    }

    /// <summary>Completes when there is a leader that was not known when it was taken.</summary>
    public Task LeaderNews => directory.LeaderNews;

    /// <summary>
    /// Between two attempts: doubling, and never the same for all gateways; over as soon as a new leader is known.
    /// </summary>
    /// <param name="news">Taken before the attempt that has failed.</param>
    public async Task PauseAsync(int attempts, Task news)
    {
        metrics.Retried();
        await news.WaitAsync(RetryPause.Of(attempts, random.NextDouble()), time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private NodeCall Judge(PreferredNode preferred, Uri node, NodeReply reply)
    {
        var result = ResultOf(reply.Status);
        if (result == CallResult.KeyRefused)
        {
            NoticeRefusedKey(node);
        }
        else if (result is CallResult.TooMuch or CallResult.Malformed or CallResult.Refused or CallResult.Failed)
        {
            LogUnexpected(logger, node, (int)reply.Status);
        }

        return new NodeCall(result, reply.Body, preferred.Learn(node, result, reply.Leader));
    }

    private static CallResult ResultOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.OK => CallResult.Answered,
        HttpStatusCode.MisdirectedRequest => CallResult.Misdirected,
        HttpStatusCode.Unauthorized => CallResult.KeyRefused,
        HttpStatusCode.TooManyRequests => CallResult.Overloaded,
        HttpStatusCode.ServiceUnavailable => CallResult.NoQuorum,
        HttpStatusCode.InsufficientStorage => CallResult.NoRoom,
        HttpStatusCode.GatewayTimeout => CallResult.Undecided,
        HttpStatusCode.RequestEntityTooLarge => CallResult.TooMuch,
        HttpStatusCode.BadRequest => CallResult.Malformed,
        < HttpStatusCode.InternalServerError => CallResult.Refused,

        // It has failed somewhere on its way, perhaps behind the log.
        _ => CallResult.Failed,
    };

    private void NoticeRefusedKey(Uri node)
    {
        if (_keyRefused.IsDue())
        {
            LogKeyRefused(logger, node);
        }
    }

    [LoggerMessage(LogLevel.Error,
        "{Node} refuses the cluster key of this gateway: Hosting:ClusterKey is to be the same in all processes of the cluster")]
    private static partial void LogKeyRefused(ILogger logger, Uri node);

    [LoggerMessage(LogLevel.Warning, "No answer to {Route} from {Node}: {Reason}")]
    private static partial void LogLost(ILogger logger, string route, Uri node, string reason);

    [LoggerMessage(LogLevel.Error, "{Node} answered a batch with status {Status}")]
    private static partial void LogUnexpected(ILogger logger, Uri node, int status);
}

/// <summary>What one call to a node came to.</summary>
/// <param name="Body">Of an answer.</param>
/// <param name="NamesAnother">Another node was named that leads, and is preferred now.</param>
internal readonly record struct NodeCall(CallResult Result, ReadOnlyMemory<byte> Body = default, bool NamesAnother = false);
