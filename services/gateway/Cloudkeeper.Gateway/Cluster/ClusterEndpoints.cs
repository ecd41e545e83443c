using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Serving;
using static Cloudkeeper.Gateway.OpenApi.CommonParameters;
using static Cloudkeeper.Gateway.OpenApi.ParameterDescription;

namespace Cloudkeeper.Gateway.Cluster;

/// <summary>The routes of <c>/v1/cluster</c>.</summary>
internal static class ClusterEndpoints
{
    public const string Route = "/v1/cluster";

    private const string Group = "Cluster";

    private static readonly ParameterDescription DryRun =
        Query("dryRun", "true: only say whether it would be done, or what it would break.");

    private static readonly AnswerDescription Possible = new(200, "With dryRun: it would be done.", typeof(Answers.DryRun));

    public static void MapCluster(this IEndpointRouteBuilder endpoints)
    {
        var handlers = endpoints.ServiceProvider.GetRequiredService<ClusterHandlers>();
        var backup = endpoints.ServiceProvider.GetRequiredService<BackupHandler>();
        endpoints.MapRead(Route, handlers.GetAsync).Describe(handlers.GetAsync, Get);
        endpoints.MapPost(Route + "/members", handlers.AddAsync).Describe(handlers.AddAsync, Add);
        endpoints.MapDelete(Route + "/members/{ids}", handlers.RemoveAsync).Describe(handlers.RemoveAsync, Remove);
        endpoints.MapPost(Route + "/leader", handlers.TransferAsync).Describe(handlers.TransferAsync, Transfer);
        endpoints.MapRead(Route + "/snapshot", backup.SendAsync).Describe(backup.SendAsync, Backup);
    }

    private static RouteDescription Get => new(Group, "Who the nodes and gateways are, and how they are.")
    {
        Answers = [new(200, "As the leader sees it, else any node.", typeof(Answers.Cluster))],
    };

    private static RouteDescription Add => new(Group, "Have nodes join: each catches up first, then it votes.")
    {
        Parameters = [DryRun, .. Changing],
        Body = typeof(AddMembersBody),
        Answers = [Possible, new(202, "They join; GET /v1/cluster shows how far they are.", typeof(Answers.Joining))],
        Problems =
        [
            .. Changes, ErrorKinds.InvalidBody, ErrorKinds.BodyTooLarge, ErrorKinds.UnsupportedMediaType,
        ],
    };

    private static RouteDescription Remove => new(Group, "Take members out, the leader as well.")
    {
        Parameters = [Path("ids", "The member, such as n4; several in one step, separated by commas."), DryRun, .. Changing],
        Answers = [Possible, new(204, "They are no members any more.")],
        Problems = Changes,
    };

    private static RouteDescription Transfer => new(Group, "Hand leadership to a voter.")
    {
        Parameters = [DryRun, .. Changing],
        Body = typeof(TransferLeadershipBody),
        Answers = [Possible, new(204, "It leads.")],
        Problems =
        [
            .. Changes, ErrorKinds.InvalidBody, ErrorKinds.BodyTooLarge, ErrorKinds.UnsupportedMediaType,
        ],
    };

    private static RouteDescription Backup => new(Group, "Take a consistent backup with checksums, while writes go on.")
    {
        IsStream = true,
        Answers = [new(200, "A snapshot file; the header says at which revision.", MediaType: "application/octet-stream")],
        Problems = [ErrorKinds.StorageFull],
    };

    private static IReadOnlyList<ErrorKind> Changes =>
    [
        ErrorKinds.InvalidParameter, ErrorKinds.InvalidOperation, ErrorKinds.InvalidCondition, ErrorKinds.InvalidFence,
        ErrorKinds.InvalidIdempotencyKey, ErrorKinds.MemberNotFound, ErrorKinds.UnsafeChange, ErrorKinds.FenceLost,
        ErrorKinds.IdempotencyKeyReuse, ErrorKinds.OutcomeUnknown, ErrorKinds.StorageFull,
    ];
}
