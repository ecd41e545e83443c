using System.Text.Json.Nodes;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Workloads;

/// <summary>Many small nodes, so that a state has some size.</summary>
internal static class Filling
{
    private const int Operations = 100;
    private const int Clients = 4;
    private static readonly string Value = new('x', 100);

    public static Task FillAsync(Uri address, int nodes) =>
        Task.WhenAll(Enumerable.Range(0, Clients).Select(client => FillAsync(address, nodes, client)));

    private static async Task FillAsync(Uri address, int nodes, int first)
    {
        using var client = new ApiClient(address);
        for (var batch = first; batch < nodes / Operations; batch += Clients)
        {
            var puts = Enumerable.Range(0, Operations).Select(i => (JsonNode)new JsonObject
            {
                ["put"] = new JsonObject { ["path"] = $"/filling/{batch}/{i}", ["value"] = Value, ["parents"] = true },
            });
            var answer = await client.PostJsonAsync("/v1/transactions", new JsonObject { ["then"] = new JsonArray([.. puts]) });
            Assert.True(answer.IsSuccess, answer.ToString());
        }
    }
}
