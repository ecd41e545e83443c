using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Cluster;

/// <summary><c>GET /v1/cluster</c>.</summary>
internal sealed class ClusterEndpoints(INodes nodes)
{
    private const string Route = "/v1/cluster";

    public void Map(IEndpointRouteBuilder endpoints) => endpoints.MapGet(Route, GetAsync).Describe(
        GetAsync, new RouteDescription("Cluster", "Who the nodes and gateways are, and how they are.")
        {
            Answers = [new(200, "As the leader sees it, else any node.", typeof(Answers.Cluster))],
        });

    public async Task GetAsync(HttpContext context)
    {
        var view = Parse(await nodes.ReadClusterAsync(context.RequestAborted));

        // Who answered is of no interest to a client.
        view.Remove("node");
        var request = new ReadChildrenRequest(NodeRoutes.GatewaysPath, "", Limits.PageSizeMax, WithValues: true);
        var answer = await nodes.ReadAsync(request, ReadConsistency.Local, Revision.Zero);
        var gateways = ((ReadChildrenResult)answer.Result).Children ?? [];
        view["gateways"] = new JsonArray([.. gateways.Select(GatewayOf)]);
        context.Response.SetRevision(answer.Revision);
        JsonAnswer.Write(context, view, static (json, view) => view.WriteTo(json));
    }

    private static JsonObject Parse(ReadOnlyMemory<byte> view)
    {
        try
        {
            return JsonNode.Parse(view.Span)!.AsObject();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ProblemException(ErrorKinds.InternalError, "A node has answered with what is not its view.");
        }
    }

    /// <summary>What it registered, under its name; somebody else's node may stand there as well.</summary>
    private static JsonObject GatewayOf(ChildEntry child)
    {
        var gateway = new JsonObject { ["instance"] = child.Name };
        try
        {
            gateway["address"] = (string?)JsonNode.Parse(Encoding.UTF8.GetString(child.Value.Span))?["address"];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            gateway["address"] = null;
        }

        return gateway;
    }
}
