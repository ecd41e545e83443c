namespace Cloudkeeper.Gateway.Serving;

/// <summary>All that can be read with GET can be asked about with HEAD (RFC 9110, 9.1).</summary>
internal static class ReadRoutes
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static IEndpointConventionBuilder MapRead(
        this IEndpointRouteBuilder endpoints, string route, RequestDelegate handler) =>
        endpoints.MapMethods(route, Methods, handler);
}
