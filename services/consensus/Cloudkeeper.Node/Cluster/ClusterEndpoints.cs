using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Protocol;
using Cloudkeeper.Tree;
using Microsoft.AspNetCore.Mvc;

namespace Cloudkeeper.Node.Cluster;

/// <summary>This node's view of the cluster, as JSON: for gateways, the proxy and people with curl.</summary>
internal static class ClusterEndpoints
{
    /// <summary>A long poll for a later leader waits this long at most: then another node may know more.</summary>
    private static readonly TimeSpan LeaderPatience = TimeSpan.FromMilliseconds(300);

    public static void MapCluster(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapReplica();
        group.MapGet(NodeRoutes.Cluster, GetClusterAsync);
        group.MapGet(NodeRoutes.Gateways, GetGatewaysAsync);
    }

    /// <param name="after">Wait for a leader of a later term than this; 0: do not wait.</param>
    private static async Task<ClusterView> GetClusterAsync(
        HttpContext context, ReplicaHost replica, MemberViews members, [FromQuery] long after = 0)
    {
        if (after > 0)
        {
            await replica.WaitForLeaderAsync(after, LeaderPatience, context.RequestAborted);
        }

        return await replica.AskAsync(r => new ClusterView(
            replica.ClusterId.ToString("N"),
            MemberViews.NameOf(replica.Id),
            r.Leader is { } leader ? MemberViews.NameOf(leader) : null,
            r.Term.Value,
            r.Machine.Revision.Value,
            r.Machine.FeatureLevel,
            [.. r.LevelHolders.Select(MemberViews.NameOf)],
            [.. r.DescribeMembers().Select(m => members.Of(m, r, replica.Transfers, replica.VersionOf(m.Member.Id)))]));
    }

    private static async Task<GatewaysView> GetGatewaysAsync(ReplicaHost replica)
    {
        var list = await replica.AskAsync(r => r.Machine.FeatureLevel < FeatureLevels.GatewayTable
            ? new GatewayLists([], GatewaysInTree.ValuesIn(r.Machine))
            : new GatewayLists([.. r.Machine.Gateways], []));
        return new GatewaysView(
        [
            .. list.Table.Select(gateway => new GatewayView(gateway.Instance, gateway.Address)),
            .. GatewaysInTree.Read(list.Tree),
        ]);
    }
}

/// <summary>One of them is empty.</summary>
internal readonly record struct GatewayLists(
    IReadOnlyList<GatewayEntry> Table, IReadOnlyList<(string Name, ReadOnlyMemory<byte> Value)> Tree);

/// <param name="Node">The answering node.</param>
/// <param name="Revision">That the answering node has applied.</param>
/// <param name="LevelHeldBy">
/// The members that keep the cluster at its feature level although others know the next.
/// </param>
internal sealed record ClusterView(
    string Id,
    string Node,
    string? Leader,
    long Term,
    long Revision,
    int FeatureLevel,
    IReadOnlyList<string> LevelHeldBy,
    IReadOnlyList<MemberView> Members);

internal sealed record GatewaysView(IReadOnlyList<GatewayView> Gateways);

internal sealed record GatewayView(string Instance, string Address);
