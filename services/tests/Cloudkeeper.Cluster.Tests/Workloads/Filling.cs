using System.Text.Json.Nodes;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Workloads;

/// <summary>Many nodes below one path, so that a state has some size.</summary>
internal static class Filling
{
    private const int Operations = 100;
    private const int Clients = 4;

    /// <param name="session">Of ephemeral nodes; null: they stay.</param>
    public static async Task FillAsync(Uri address, string path, int nodes, string value, long? session = null)
    {
        var next = -Operations;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = new ApiClient(address);
            for (int first; (first = Interlocked.Add(ref next, Operations)) < nodes;)
            {
                var puts = Enumerable.Range(first, Math.Min(Operations, nodes - first)).Select(i => Put($"{path}/{i}", value, session));
                var answer = await client.PostJsonAsync("/v1/transactions", new JsonObject { ["then"] = new JsonArray([.. puts]) });
                Assert.True(answer.IsSuccess, answer.ToString());
            }
        }));
    }

    private static JsonObject Put(string path, string value, long? session)
    {
        var put = new JsonObject { ["path"] = path, ["value"] = value, ["parents"] = true };
        if (session is not null)
        {
            put["session"] = session;
        }

        return new JsonObject { ["put"] = put };
    }
}
