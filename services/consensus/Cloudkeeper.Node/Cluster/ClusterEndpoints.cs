using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica;

namespace Cloudkeeper.Node.Cluster;

/// <summary>What this node knows of the cluster, as JSON: for gateways, the proxy and people with curl.</summary>
internal static class ClusterEndpoints
{
    private static readonly string Version =
        typeof(ClusterEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    public static void MapCluster(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapReplica();
        group.MapGet(NodeRoutes.Cluster, GetClusterAsync);
        group.MapGet(NodeRoutes.Gateways, GetGatewaysAsync);
    }

    private static async Task<ClusterView> GetClusterAsync(ReplicaHost replica) => await replica.AskAsync(r =>
        new ClusterView(
            replica.ClusterId.ToString("N"),
            NameOf(replica.Id),
            r.Leader is { } leader ? NameOf(leader) : null,
            r.Term.Value,
            r.Machine.Revision.Value,
            [.. r.Membership.Members.Select(m => MemberOf(r, m))]));

    private static MemberView MemberOf(ReplicaNode replica, Member member)
    {
        var role = member.IsLearner ? "learner" : "voter";
        if (member.Id == replica.Id)
        {
            var state = replica.Role == Role.Leader ? "leader" : "follower";
            return new MemberView(
                NameOf(member.Id), member.Address, role, state, replica.LastIndex.Value, 0, 1, Version);
        }

        // Only the leader knows how far the others are.
        var match = replica.MatchIndexOf(member.Id);
        return new MemberView(
            NameOf(member.Id),
            member.Address,
            role,
            member.Id == replica.Leader ? "leader" : replica.IsActive(member.Id) switch
            {
                true => "follower",
                false => "unreachable",
                null => "unknown",
            },
            match?.Value,
            match is { } index ? replica.LastIndex - index : null,
            match is { } at ? Math.Round(Math.Min(1.0, (double)at.Value / replica.LastIndex.Value), 4) : null,
            Version: null);
    }

    private static async Task<GatewaysView> GetGatewaysAsync(ReplicaHost replica)
    {
        var request = new ReadChildrenRequest(NodeRoutes.GatewaysPath, "", Limits.PageSizeMax, WithValues: true);
        var result = await replica.AskAsync(r => (ReadChildrenResult)r.Machine.Read(request));
        return new GatewaysView(result.Code == ResultCode.Ok ? [.. result.Children.Select(GatewayOf)] : []);
    }

    /// <summary>The node's value is the gateway's own JSON; one that is not ours is passed over by giving no address.</summary>
    private static GatewayView GatewayOf(ChildEntry child)
    {
        try
        {
            var address = JsonNode.Parse(Encoding.UTF8.GetString(child.Value.Span))?["address"]?.GetValue<string>();
            return new GatewayView(child.Name, address);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return new GatewayView(child.Name, null);
        }
    }

    private static string NameOf(NodeId id) => "n" + id;
}

/// <param name="Node">Who answers.</param>
/// <param name="Revision">That the answering node has applied.</param>
internal sealed record ClusterView(
    string Id,
    string Node,
    string? Leader,
    long Term,
    long Revision,
    IReadOnlyList<MemberView> Members);

/// <param name="MatchIndex">Last log entry that the member is known to have; null: the answering node does not know.</param>
/// <param name="Lag">Entries that it lacks.</param>
/// <param name="Progress">0 to 1.</param>
internal sealed record MemberView(
    string Id,
    string Url,
    string Role,
    string State,
    long? MatchIndex,
    long? Lag,
    double? Progress,
    string? Version);

internal sealed record GatewaysView(IReadOnlyList<GatewayView> Gateways);

internal sealed record GatewayView(string Instance, string? Address);
