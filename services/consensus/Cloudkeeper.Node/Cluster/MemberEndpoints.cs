using System.Globalization;
using Cloudkeeper.Hosting;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;
using Microsoft.AspNetCore.Mvc;

namespace Cloudkeeper.Node.Cluster;

/// <summary>Changes of the members and of the leader. Only the leader carries them out; the others name it.</summary>
internal static class MemberEndpoints
{
    private const string NotReachable = "not-reachable";
    private const string InvalidRequest = "invalid-request";

    public static void MapMembers(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapReplica();
        group.MapPost(NodeRoutes.Members, AddAsync).WithBodyLimit(BodyLimits.Announcement);
        group.MapDelete(NodeRoutes.Members, RemoveAsync).WithBodyLimit(BodyLimits.None);
        group.MapPost(NodeRoutes.Leader, TransferAsync).WithBodyLimit(BodyLimits.None);
    }

    /// <summary>The node joins by itself once it has been invited; 202 means no more than that it was.</summary>
    private static async Task<IResult> AddAsync(
        NewMemberBody body, HttpContext context, ReplicaHost replica, MembershipClient client)
    {
        if (!replica.State.IsLeader)
        {
            return await ChangeAnswers.OfAsync(new ChangeOutcome(ChangeStatus.NotLeader), context, replica);
        }

        if (ReachableAddress.Parse(body.Url) is not { } address)
        {
            return Refuse(InvalidRequest, $"\"{body.Url}\" is no address of a node, such as http://10.0.0.4:7000.");
        }

        var view = await client.LookAtStrangerAsync(address, context.RequestAborted);
        if (view is null)
        {
            return Refuse(
                NotReachable,
                $"No node with this cluster's key answers at {address}: start it there first, with the same Hosting:ClusterKey.");
        }

        if (view is { State: NodePhase.Member } && view.Cluster == replica.ClusterId)
        {
            return TypedResults.Ok(new UnderWayBody($"n{view.Node} is a member already."));
        }

        if (view.Address != address)
        {
            return Refuse(
                InvalidRequest,
                $"The node at {address} has the address {view.Address}: add it there, or set its Node:Address.");
        }

        // A change that is only not possible yet will be when the node announces itself, again and again.
        return await JudgeAsync(view, body, replica) is { Status: ChangeStatus.Refused or ChangeStatus.NotLeader } objection
            ? await ChangeAnswers.OfAsync(objection, context, replica)
            : body.DryRun
                ? TypedResults.Ok(new UnderWayBody($"The node at {address} would be invited."))
                : await InviteAsync(address, body, replica, client, context.RequestAborted);
    }

    /// <summary>The leader's decision if the node announced itself now.</summary>
    private static Task<ChangeOutcome> JudgeAsync(NodeView view, NewMemberBody body, ReplicaHost replica)
    {
        var announcement = new Announcement(
            view.Cluster,
            view.Node is { } id ? new NodeId(id) : null,
            view.Instance,
            view.Address,
            view.Level,
            body.Replace || view.State == NodePhase.Damaged);
        return replica.ChangeAsync((r, reply) => r.Announce(announcement, reply, dryRun: true));
    }

    private static async Task<IResult> InviteAsync(
        string address, NewMemberBody body, ReplicaHost replica, MembershipClient client, CancellationToken cancellationToken)
    {
        string[] members = [.. replica.State.Membership.Members.Where(m => m.IsVoter).Select(m => m.Address)];
        var invitation = new InvitationBody(replica.ClusterId, members, body.Replace);
        return await client.InviteAsync(address, invitation, cancellationToken) switch
        {
            { Status: System.Net.HttpStatusCode.Accepted } =>
                TypedResults.Accepted(NodeRoutes.Cluster, new UnderWayBody($"The node at {address} was invited and joins.")),
            { } reply when reply.Read<RefusalBody>() is { Code: not null } refusal => Refuse(refusal.Code, refusal.Detail),
            _ => Refuse(NotReachable, $"The node at {address} does not answer any more."),
        };
    }

    private static async Task<IResult> RemoveAsync(
        [FromQuery] string? ids, [FromQuery] bool? dryRun, HttpContext context, ReplicaHost replica)
    {
        if (ParseIds(ids) is not { } members)
        {
            return Refuse(InvalidRequest, "Give the members to remove: ids=4, or several, as in ids=4,5.");
        }

        var outcome = await replica.ChangeAsync((r, reply) => r.RemoveMembers(members, dryRun is true, reply));
        return await ChangeAnswers.OfAsync(outcome, context, replica);
    }

    private static async Task<IResult> TransferAsync(
        [FromQuery] int? member, [FromQuery] bool? dryRun, HttpContext context, ReplicaHost replica)
    {
        NodeId? target = member is { } id ? new NodeId(id) : null;
        var outcome = await replica.ChangeAsync((r, reply) => r.Transfer(target, dryRun is true, reply));
        return await ChangeAnswers.OfAsync(outcome, context, replica);
    }

    private static List<NodeId>? ParseIds(string? ids)
    {
        var members = new List<NodeId>();
        foreach (var text in (ids ?? "").Split(','))
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return null;
            }

            members.Add(new NodeId(id));
        }

        return members;
    }

    private static Microsoft.AspNetCore.Http.HttpResults.Conflict<RefusalBody> Refuse(string code, string detail) =>
        TypedResults.Conflict(new RefusalBody(code, detail));
}
