using Cloudkeeper.Node.Joining;

namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// Endpoints of the replica. As long as this node takes no part in a cluster they answer 503: nothing was done, ask
/// another node. When far too much waits for the replica already they answer 429: nothing was done, come back later.
/// </summary>
internal static class ReplicaRoutes
{
    private const string Overloaded = "Too much is waiting.";
    private const string NoPart = "This node takes no part in a cluster; /membership gives the reason.";

    /// <summary>Routes that are mapped on the group take its replica as a parameter.</summary>
    public static RouteGroupBuilder MapReplica(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("").WithMetadata(NeedsReplica.Instance);

    public static void UseReplica(this IApplicationBuilder app) => app.Use(static (context, next) =>
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<NeedsReplica>() is null)
        {
            return next(context);
        }

        var node = context.RequestServices.GetRequiredService<ThisNode>();
        switch (node.Replica)
        {
            case null:
                return RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, NoPart);
            case { IsOverloaded: true }:
                return RefuseAsync(context, StatusCodes.Status429TooManyRequests, Overloaded);
            case var replica:
                context.Features.Set(replica);
                return next(context);
        }
    });

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(reason, context.RequestAborted);
    }

    private sealed class NeedsReplica
    {
        public static readonly NeedsReplica Instance = new();
    }
}
