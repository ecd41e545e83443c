using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Checkpoints;

/// <summary>The calls between members when their digests differ.</summary>
internal static class DigestEndpoints
{
    public static void MapDigests(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapReplica();
        group.MapGet(PeerRoutes.Digest, GetAsync);
        group.MapPost(PeerRoutes.DigestCheck, Check).WithBodyLimit(BodyLimits.None);
    }

    private static async Task<IResult> GetAsync(ReplicaHost replica, string cluster, long index) =>
        cluster == replica.ClusterId.ToString("N")
            ? TypedResults.Json(new DigestView(await replica.AskAsync(r => r.DigestAt(new LogIndex(index)))))
            : TypedResults.Conflict();

    private static IResult Check(ReplicaHost replica, DigestInquiry inquiry, string cluster, long index)
    {
        if (cluster != replica.ClusterId.ToString("N"))
        {
            return TypedResults.Conflict();
        }

        inquiry.Begin(replica, new LogIndex(index));
        return TypedResults.Accepted(PeerRoutes.Digest);
    }
}
