using Cloudkeeper.Hosting;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Joining;

/// <summary>This node's identity, for the others; and how nodes become members.</summary>
internal static class MembershipEndpoints
{
    public static void MapMembership(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(NodeRoutes.Membership, View);
        routes.MapPost(NodeRoutes.MembershipInvite, AcceptInvitation).WithBodyLimit(BodyLimits.Invitation);
        routes.MapReplica().MapGet(NodeRoutes.MembershipVoters, ShowVotersAsync);
        routes.MapReplica().MapPost(NodeRoutes.MembershipAnnounce, AnnounceAsync).WithBodyLimit(BodyLimits.Announcement);
    }

    private static NodeView View(ThisNode node, NodeSetup setup)
    {
        var identity = node.Directory.Identity;
        return new NodeView(
            identity.IsMember ? identity.ClusterId : null,
            identity.IsMember ? identity.Node.Value : null,
            node.Directory.Instance,
            node.Phase,
            FeatureLevels.Newest,
            setup.Address,
            node.Detail,
            node.Run);
    }

    private static async Task<VotersBody> ShowVotersAsync(ReplicaHost replica) =>
        VotersBody.Of(replica.ClusterId, await replica.AskAsync(r => r.Voters));

    private static IResult AcceptInvitation(InvitationBody invitation, ThisNode node, Invitations invitations)
    {
        var problem = node.Phase switch
        {
            NodePhase.Member or NodePhase.Removed =>
                $"This node belongs to cluster {node.Directory.Identity.ClusterId:N} already.",
            NodePhase.Damaged when node.Directory.Identity is { IsMember: true, ClusterId: var own } && own != invitation.Cluster =>
                $"This node belonged to cluster {own:N}.",
            _ when invitation.Addresses.Any(a => ReachableAddress.Parse(a) is null) => "Its addresses cannot be used.",
            _ => null,
        };
        if (problem is not null)
        {
            return TypedResults.Conflict(new RefusalBody(ChangeCodes.WrongCluster, problem));
        }

        invitations.Accept(invitation);
        return TypedResults.Accepted(NodeRoutes.Membership, new UnderWayBody(node.Detail));
    }

    private static async Task<IResult> AnnounceAsync(
        AnnouncementBody body, HttpContext context, ReplicaHost replica, AddressProbe probe)
    {
        // By the same rule as addresses in settings: this one will be dialled.
        if (ReachableAddress.Parse(body.Address) is not { } address)
        {
            return TypedResults.Conflict(new RefusalBody(
                ChangeCodes.InvalidAnnouncement, "Its address cannot be used: it must be like http://10.0.0.4:7000."));
        }

        var announcement = new Announcement(
            body.Cluster,
            body.Node is { } id ? new NodeId(id) : null,
            body.Instance,
            address,
            body.Level,
            body.Replace)
        {
            LastIndex = body.Last is { } last ? new LogIndex(last) : null,
            Former = await probe.AskAsync(
                replica.State.Membership, body.Instance, address, body.Run, context.RequestAborted),
        };
        var outcome = await replica.ChangeAsync((r, reply) => r.Announce(announcement, reply));
        return outcome.Status == ChangeStatus.Done
            ? TypedResults.Ok(new AdmissionBody(replica.ClusterId, outcome.Node!.Value.Value, MemberBody.Of(outcome.Membership!)))
            : await ChangeAnswers.OfAsync(outcome, context, replica);
    }
}
