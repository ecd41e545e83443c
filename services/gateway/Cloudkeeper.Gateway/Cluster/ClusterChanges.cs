using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Cluster;

/// <summary>Changes of the cluster, made by its leader; a refusal of the leader is a problem.</summary>
internal sealed class ClusterChanges(IClusterNodes cluster, GatewayOptions options, TimeProvider time)
{
    private const string UnsafeChange = "unsafe-change";
    private const string MemberNotFound = "member-not-found";
    private const string DiskLost = "disk-lost";

    /// <summary>Until the change that is under way is committed.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Has a node join. It does so by itself from then on.</summary>
    /// <param name="replaces">It stands where a member stood whose disk is lost, and takes its place.</param>
    public async Task AddAsync(Uri node, bool replaces, bool dryRun, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["url"] = UrlOf(node), ["replace"] = replaces, ["dryRun"] = dryRun };
        Require(await cluster.AskLeaderAsync(
            HttpMethod.Post, NodeRoutes.Members, JsonSerializer.SerializeToUtf8Bytes(body), cancellationToken));
    }

    /// <summary>Takes members out, several of them in one step, and returns when that is committed.</summary>
    public Task RemoveAsync(IReadOnlyList<int> ids, bool dryRun, CancellationToken cancellationToken) => FinishAsync(
        HttpMethod.Delete, $"{NodeRoutes.Members}?ids={string.Join(',', ids)}{DryRun(dryRun)}", cancellationToken);

    /// <summary>Makes another voter the leader, and returns when it leads.</summary>
    public Task TransferAsync(int id, bool dryRun, CancellationToken cancellationToken) => FinishAsync(
        HttpMethod.Post, $"{NodeRoutes.Leader}?member={id}{DryRun(dryRun)}", cancellationToken);

    /// <summary>Without the slash at the end that <see cref="Uri"/> adds.</summary>
    public static string UrlOf(Uri node) => node.AbsoluteUri.TrimEnd('/');

    private static string DryRun(bool dryRun) => dryRun ? "&dryRun=true" : "";

    /// <summary>Asks again for as long as a change, this one or the one before it, is under way.</summary>
    private async Task FinishAsync(HttpMethod method, string route, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        NodeReply reply;
        while ((reply = await cluster.AskLeaderAsync(method, route, default, cancellationToken)).Status == HttpStatusCode.Accepted)
        {
            if (time.GetElapsedTime(began) > options.RequestTimeout)
            {
                throw new ProblemException(ErrorKinds.OutcomeUnknown);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }

        Require(reply);
    }

    private static void Require(NodeReply reply)
    {
        if (reply.Status is HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.NoContent)
        {
            return;
        }

        var (code, detail) = ParseRefusal(reply.Body);
        throw new ProblemException(
            code switch
            {
                MemberNotFound => ErrorKinds.MemberNotFound,
                UnsafeChange or DiskLost => ErrorKinds.UnsafeChange,
                null => ErrorKinds.InternalError,
                _ => ErrorKinds.InvalidOperation,
            },
            detail);
    }

    /// <summary>Nulls for an answer that is no refusal of a node.</summary>
    private static (string? Code, string? Detail) ParseRefusal(ReadOnlyMemory<byte> body)
    {
        try
        {
            var refusal = JsonNode.Parse(body.Span)?.AsObject();
            return ((string?)refusal?["code"], (string?)refusal?["detail"]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return default;
        }
    }
}
