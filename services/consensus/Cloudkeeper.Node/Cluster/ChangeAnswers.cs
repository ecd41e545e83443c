using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Node.Cluster;

/// <summary>The HTTP answer to a wish about members or the leader.</summary>
internal static class ChangeAnswers
{
    public static async Task<IResult> OfAsync(ChangeOutcome outcome, HttpContext context, ReplicaHost replica)
    {
        switch (outcome.Status)
        {
            case ChangeStatus.Done:
                return TypedResults.Ok(new MembersBody(MemberBody.Of(outcome.Membership ?? replica.State.Membership)));
            case ChangeStatus.UnderWay:
                return TypedResults.Accepted((string?)null, new UnderWayBody(outcome.Detail));
            case ChangeStatus.Refused:
                return TypedResults.Conflict(new RefusalBody(outcome.Code!, outcome.Detail!));
            default:
                await LeaderHint.AddAsync(context, replica);
                return TypedResults.StatusCode(StatusCodes.Status421MisdirectedRequest);
        }
    }
}

/// <summary>200: it is done; these are the members.</summary>
internal sealed record MembersBody(IReadOnlyList<MemberBody> Membership);
