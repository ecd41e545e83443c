using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// Refuses a caller that does not show the cluster key: on every route that is not marked as open, also on those that
/// do not exist, before anything of the request but its head is read. The answer is the same in every state of the
/// process.
/// </summary>
/// <param name="next">Serves the request.</param>
/// <param name="access">Which callers may be served.</param>
/// <param name="address">Where the others reach this process; null: it need not prove itself.</param>
internal sealed class ClusterKeyGuard(RequestDelegate next, ClusterAccess access, string? address)
{
    private const string Challenge = $"{ClusterKey.Scheme} realm=\"cloudkeeper\"";

    private const string Advice =
        "Calls between the processes of a cluster show its key: Authorization: Cloudkeeper <base64>. "
        + "It is the same for all of them: see Hosting:ClusterKey.";

    public Task InvokeAsync(HttpContext context) =>
        access.Admits(context.Request.Headers.Authorization) || IsOpen(context) ? next(context) : RefuseAsync(context);

    private static bool IsOpen(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<OpenRoute>() is not null;

    private Task RefuseAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status401Unauthorized;
        response.Headers.WWWAuthenticate = Challenge;
        if (address is not null)
        {
            KeyProof.Answer(context, access.Key!, address);
        }

        return response.WriteAsync(Advice, context.RequestAborted);
    }
}

public static class ClusterKeyGuardExtensions
{
    /// <summary>Only calls that show the cluster key, and calls of open routes, get further.</summary>
    /// <param name="app">The pipeline, at its beginning.</param>
    /// <param name="address">Where the others reach this process, if it is to prove itself there (<see cref="KeyProof"/>).</param>
    public static IApplicationBuilder UseClusterKey(
        this IApplicationBuilder app, Func<IServiceProvider, string>? address = null)
    {
        ArgumentNullException.ThrowIfNull(app);

        // Asked for when the pipeline is made, which is after all settings have been checked.
        var services = app.ApplicationServices;
        return app.Use(next => new ClusterKeyGuard(
            next, services.GetRequiredService<ClusterAccess>(), address?.Invoke(services)).InvokeAsync);
    }

    /// <summary>Every client may call these endpoints, key or no key.</summary>
    public static TBuilder OpenToEverybody<TBuilder>(this TBuilder endpoints)
        where TBuilder : IEndpointConventionBuilder => endpoints.WithMetadata(OpenRoute.Instance);
}
