namespace Cloudkeeper.Gateway.Nodes;

/// <summary>The routes of <c>/v1/nodes</c>.</summary>
internal static class NodeEndpoints
{
    private const string Route = NodeLocation.Prefix + "/{**path}";

    public static void MapNodes(this IEndpointRouteBuilder endpoints)
    {
        var reads = endpoints.ServiceProvider.GetRequiredService<NodeReads>();
        var writes = endpoints.ServiceProvider.GetRequiredService<NodeWrites>();
        endpoints.MapMethods(Route, [HttpMethods.Get, HttpMethods.Head], reads.GetAsync);
        endpoints.MapPut(Route, writes.PutAsync);
        endpoints.MapPost(Route, writes.PostAsync);
        endpoints.MapDelete(Route, writes.DeleteAsync);
    }
}
