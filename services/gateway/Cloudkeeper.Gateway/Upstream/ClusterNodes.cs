using System.Net;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>Calls about the cluster itself: rare, one at a time, and the directory that they keep current.</summary>
internal sealed class ClusterNodes(
    INodeTransport transport, NodeDirectory directory, GatewayOptions options, TimeProvider time) : IClusterNodes
{
    /// <summary>A node that takes longer to answer does not help just now.</summary>
    private static readonly TimeSpan LookPatience = TimeSpan.FromSeconds(1);

    /// <summary>While there is no leader.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly PreferredNode _leader = new(directory, isLeader: true);

    public Task<ClusterView> ReadAsync(CancellationToken cancellationToken) =>
        LookAsync(_leader.Current, NodeRoutes.Cluster, cancellationToken);

    /// <remarks>The leader is asked last: in doubt it is the node that does not answer.</remarks>
    public Task<ClusterView> ReadNewsAsync(CancellationToken cancellationToken)
    {
        var leader = _leader.Current;
        var other = directory.Nodes.FirstOrDefault(node => node != leader, leader);
        return LookAsync(other, $"{NodeRoutes.Cluster}?after={directory.Leader?.Term ?? 0}", cancellationToken);
    }

    public async Task<NodeReply> AskLeaderAsync(
        HttpMethod method, string route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        while (!either.IsCancellationRequested)
        {
            if (await TryAskAsync(method, route, json, either.Token) is { } reply)
            {
                return reply;
            }

            await Task.Delay(Pause, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        throw new ProblemException(ErrorKinds.NoQuorum);
    }

    /// <remarks>The leader has enough to do: it comes last.</remarks>
    public async Task<HttpResponseMessage> OpenBackupAsync(CancellationToken cancellationToken)
    {
        var problem = ErrorKinds.NoQuorum;
        foreach (var node in directory.Nodes.OrderBy(node => node == _leader.Current))
        {
            try
            {
                var backup = await transport.GetAsync(node, NodeRoutes.Snapshot, cancellationToken);
                if (backup.StatusCode == HttpStatusCode.OK)
                {
                    return backup;
                }

                problem = backup.StatusCode switch
                {
                    HttpStatusCode.InsufficientStorage => ErrorKinds.StorageFull,
                    HttpStatusCode.TooManyRequests => ErrorKinds.Overloaded,
                    _ => problem,
                };
                backup.Dispose();
            }
            catch (NodeUnreachableException)
            {
                // The next one may answer.
            }
        }

        throw new ProblemException(problem);
    }

    private async Task<ClusterView> LookAsync(Uri first, string route, CancellationToken cancellationToken)
    {
        var view = await directory.LookAsync(first, node => LookAtAsync(node, route, cancellationToken))
            ?? throw new ProblemException(ErrorKinds.NoQuorum, "No node can be reached.");
        if (view.Leader is { } leader)
        {
            _leader.Prefer(leader);
        }

        return view;
    }

    private async Task<ClusterView?> LookAtAsync(Uri node, string route, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LookPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var reply = await transport.CallAsync(HttpMethod.Get, node, route, default, either.Token);
            return reply.Status == HttpStatusCode.OK ? ClusterView.TryParse(reply.Body.Span) : null;
        }
        catch (Exception e) when (
            e is NodeUnreachableException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <returns>Null: the node that was asked certainly did nothing, and another one is to be asked.</returns>
    private async Task<NodeReply?> TryAskAsync(
        HttpMethod method, string route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        var node = _leader.Current;
        try
        {
            var reply = await transport.CallAsync(method, node, route, json, cancellationToken);
            if (reply.Status is not (
                HttpStatusCode.MisdirectedRequest or HttpStatusCode.ServiceUnavailable or HttpStatusCode.Unauthorized))
            {
                return reply;
            }

            if (reply.Leader is { } leader && leader != node)
            {
                _leader.Prefer(leader);
            }
            else
            {
                _leader.Leave(node);
            }
        }
        catch (NodeUnreachableException)
        {
            _leader.Leave(node);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            _leader.Leave(node);
            throw new ProblemException(ErrorKinds.OutcomeUnknown);
        }

        return null;
    }
}
