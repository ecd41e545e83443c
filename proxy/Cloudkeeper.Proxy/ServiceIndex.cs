using System.Reflection;

namespace Cloudkeeper.Proxy;

/// <summary><c>GET /</c>: what this is, and where to go on. The proxy answers by itself, also while no gateway is there.</summary>
internal static class ServiceIndex
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    private static readonly object Index = new
    {
        service = "Cloudkeeper",
        version = typeof(ServiceIndex).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0],
        description = "Locks, leaders, configuration with change notice, and lists of live processes, over plain HTTP.",
        api = "/v1",
        nodes = "/v1/nodes/",
        cluster = "/v1/cluster",
        openapi = "/openapi/v1.json",
        ready = "/readyz",
        metrics = "/metrics",
    };

    public static void MapServiceIndex(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/", Reading, static context => context.Response.WriteAsJsonAsync(Index, context.RequestAborted));
}
