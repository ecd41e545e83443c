using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// Refuses whoever does not show the cluster key: on every route that does not say that it is open, also on those that do not
/// exist, before anything of the request but its head is read. The answer is the same whatever the state of the process is.
/// </summary>
public static class ClusterKeyGuard
{
    private const string Challenge = $"{ClusterKey.Scheme} realm=\"cloudkeeper\"";

    private const string Advice =
        "Calls between the processes of a cluster show its key: Authorization: Cloudkeeper <base64>. "
        + "It is the same for all of them: see Hosting:ClusterKey.";

    public static IApplicationBuilder UseClusterKey(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var access = app.ApplicationServices.GetRequiredService<ClusterAccess>();
        return app.Use((context, next) =>
            access.Admits(context.Request.Headers.Authorization) || IsOpen(context) ? next(context) : RefuseAsync(context));
    }

    /// <summary>Everybody may call these endpoints, key or no key.</summary>
    public static TBuilder OpenToEverybody<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(OpenRoute.Instance);

    private static bool IsOpen(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<OpenRoute>() is not null;

    private static Task RefuseAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status401Unauthorized;
        response.Headers.WWWAuthenticate = Challenge;
        return response.WriteAsync(Advice, context.RequestAborted);
    }
}
