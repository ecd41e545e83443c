using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Node.Cluster;

/// <summary>Names the leader to a client that asked the wrong node.</summary>
internal static class LeaderHint
{
    public static async Task AddAsync(HttpContext context, ReplicaHost replica)
    {
        var leader = await replica.AskAsync(r => r.Leader is { } id ? r.Membership.Find(id)?.Address : null);
        if (leader is not null)
        {
            context.Response.Headers[NodeRoutes.LeaderHeader] = leader;
        }
    }
}
