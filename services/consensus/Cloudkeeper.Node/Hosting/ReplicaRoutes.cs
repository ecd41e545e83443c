using Cloudkeeper.Node.Joining;

namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// Endpoints of the replica. As long as this node takes no part in a cluster they answer 503: nothing was done, ask
/// another node.
/// </summary>
internal static class ReplicaRoutes
{
    private const string NoPart = "This node takes no part in a cluster; /membership says why.";

    /// <summary>What is mapped on the group takes its replica as a parameter.</summary>
    public static RouteGroupBuilder MapReplica(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("").WithMetadata(NeedsReplica.Instance);

    public static void UseReplica(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NeedsReplica>() is null)
        {
            return next(context);
        }

        var node = context.RequestServices.GetRequiredService<ThisNode>();
        if (node.Replica is { } replica)
        {
            context.Features.Set(replica);
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(NoPart, context.RequestAborted);
    });

    private sealed class NeedsReplica
    {
        public static readonly NeedsReplica Instance = new();
    }
}
