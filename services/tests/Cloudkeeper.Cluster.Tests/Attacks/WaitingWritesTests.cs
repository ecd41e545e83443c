using System.Text.Json.Nodes;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Attacks;

/// <summary>
/// AT-28 through the whole chain: whatever waits together at a gateway, batches that nodes take are made of it, and a small
/// write beside it does not pay for the large ones (H4).
/// </summary>
public sealed class WaitingWritesTests : ClusterTest
{
    private const int MiB = 1 << 20;
    private const int Rounds = 3;

    /// <summary>About a batch's limit, and about what a node takes as one body.</summary>
    private static readonly int[] Sums = [49 * MiB / 10, 5 * MiB, 51 * MiB / 10, 79 * MiB / 10, 8 * MiB];

    [Fact]
    public async Task Large_writes_that_wait_together_are_all_answered()
    {
        using var client = new ApiClient(Cluster.Gateways[0].Address);
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/waiting", "")).Status);
        foreach (var sum in Sums.SelectMany(static sum => Enumerable.Repeat(sum, Rounds)))
        {
            // The first one is under way alone, and all the others gather behind it.
            var writes = Split(sum).Prepend(1).Append(1).Select(PutAsync).ToList();
            Assert.All(await Task.WhenAll(writes), answer => Assert.True(answer.IsSuccess, $"{sum}: {answer}"));
        }

        async Task<Answer> PutAsync(int bytes, int number) => await client.SendAsync(
            HttpMethod.Put, FormattableString.Invariant($"/v1/nodes/waiting/{number}"), new ByteArrayContent(new byte[bytes]));
    }

    [Fact]
    public async Task Two_transactions_of_the_largest_size_at_once_are_answered()
    {
        using var client = new ApiClient(Cluster.Gateways[0].Address);
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/large", "")).Status);
        var answers = await Task.WhenAll(
            client.PostJsonAsync("/v1/transactions", Transaction("a")),
            client.PutAsync("/v1/nodes/small", "x"),
            client.PostJsonAsync("/v1/transactions", Transaction("b")));
        Assert.All(answers, answer => Assert.True(answer.IsSuccess, answer.ToString()));
    }

    /// <summary>Values of 1 MiB, and what is left.</summary>
    private static IEnumerable<int> Split(int sum)
    {
        for (; sum > 0; sum -= MiB)
        {
            yield return Math.Min(sum, MiB);
        }
    }

    /// <summary>Four values that come to a little less than 4 MiB with what is around them.</summary>
    private static JsonObject Transaction(string name)
    {
        var value = new string('x', MiB - 1024);
        JsonNode[] steps =
        [
            .. Enumerable.Range(0, 4).Select(i => new JsonObject
            {
                ["put"] = new JsonObject { ["path"] = FormattableString.Invariant($"/large/{name}{i}"), ["value"] = value },
            }),
        ];
        return new JsonObject { ["then"] = new JsonArray(steps) };
    }
}
