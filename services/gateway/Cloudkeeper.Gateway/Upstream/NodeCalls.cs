using System.Net;
using Cloudkeeper.Gateway.Errors;
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
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan PauseMax = TimeSpan.FromMilliseconds(100);

    private readonly RareNotice _keyRefused = new(time);

    /// <summary>Asks one node, and corrects <paramref name="preferred"/> by what it says.</summary>
    public async ValueTask<Attempt> TryAsync(
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
            preferred.Leave(node);
            return new Attempt(AttemptOutcome.Refused, Problem: ErrorKinds.NoQuorum);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogLost(logger, route, node, PlainText.Cut(e.Message));
            preferred.Leave(node);
            return new Attempt(AttemptOutcome.Unknown, Problem: ErrorKinds.NoQuorum);
        }
    }

    /// <summary>Completes when somebody leads of whom nobody knew when it was taken.</summary>
    public Task LeaderNews => directory.LeaderNews;

    /// <summary>
    /// Between two attempts: doubling, and never the same for all gateways; over as soon as a new leader is known.
    /// </summary>
    /// <param name="news">Taken before the attempt that has failed.</param>
    public async Task PauseAsync(int attempts, Task news)
    {
        metrics.Retried();
        var pause = PauseMin * Math.Pow(2, Math.Min(attempts - 1, 10));
        pause = pause < PauseMax ? pause : PauseMax;
        await news.WaitAsync(pause * (0.5 + random.NextDouble()), time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Attempt Judge(PreferredNode preferred, Uri node, NodeReply reply)
    {
        switch (reply.Status)
        {
            case HttpStatusCode.OK:
                return new Attempt(AttemptOutcome.Answered, reply.Body);
            case HttpStatusCode.MisdirectedRequest when reply.Leader is { } leader && leader != node:
                preferred.Prefer(leader);
                return new Attempt(AttemptOutcome.Refused, Problem: ErrorKinds.NoQuorum, IsRedirect: true);
            case HttpStatusCode.MisdirectedRequest:
                preferred.Leave(node);
                return new Attempt(AttemptOutcome.Refused, Problem: ErrorKinds.NoQuorum);
            case HttpStatusCode.Unauthorized:
                preferred.Leave(node);
                NoticeRefusedKey(node);
                return new Attempt(AttemptOutcome.Refused, Problem: ErrorKinds.NoQuorum);
            case HttpStatusCode.TooManyRequests:
                return new Attempt(AttemptOutcome.Refused, Problem: ErrorKinds.Overloaded);
            case HttpStatusCode.ServiceUnavailable:
                preferred.Leave(node);
                return new Attempt(AttemptOutcome.Refused, Problem: ErrorKinds.NoQuorum);
            case HttpStatusCode.InsufficientStorage:
                return new Attempt(AttemptOutcome.Objected, Problem: ErrorKinds.StorageFull, IsFinal: true);
            case HttpStatusCode.GatewayTimeout:
                preferred.Leave(node);
                return new Attempt(AttemptOutcome.Unknown, Problem: ErrorKinds.NoQuorum);
            case HttpStatusCode.RequestEntityTooLarge:
                LogUnexpected(logger, node, (int)reply.Status);
                return new Attempt(AttemptOutcome.Objected, Problem: ErrorKinds.BodyTooLarge, IsFinal: true);
            case HttpStatusCode.BadRequest:
                LogUnexpected(logger, node, (int)reply.Status);
                return new Attempt(AttemptOutcome.Objected, Problem: ErrorKinds.InternalError, IsFinal: true);
            case < HttpStatusCode.InternalServerError:
                LogUnexpected(logger, node, (int)reply.Status);
                return new Attempt(AttemptOutcome.Refused, Problem: ErrorKinds.InternalError, IsFinal: true);
            default:
                // It has failed somewhere on its way, perhaps behind the log.
                LogUnexpected(logger, node, (int)reply.Status);
                return new Attempt(AttemptOutcome.Unknown, Problem: ErrorKinds.InternalError, IsFinal: true);
        }
    }

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
