using System.Text.Json;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Tests.Watches;
using Cloudkeeper.Hosting.Security;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Gateway.Tests.Redis;

/// <summary>Whole gateways with Redis.</summary>
[Collection(RedisTests.Name)]
public sealed class RedisGatewayTests
{
    [Fact]
    public async Task Watchers_get_values_through_Redis_and_a_gateway_without_it_is_ready()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync();
        await using var gateway = new GatewayFixture
        {
            Settings = new Dictionary<string, string?> { ["Gateway:Redis"] = redis.Address },
        };
        await gateway.InitializeAsync();
        var value = new string('x', 100_000);
        await gateway.PutAsync("/v1/nodes/a", value);
        await Until.TrueAsync(async () => await RedisHealthAsync(gateway) == "ok");

        // The first watchers put it there; how many that takes depends on how fast Redis answers.
        await Until.TrueAsync(async () =>
        {
            await using var watch = await WatchClient.OpenAsync(gateway, "path=/a&from=0&values=true");
            Assert.Equal(value, (await watch.NextAsync())!.Data.GetProperty("value").GetString());
            return await HasAsync(gateway, "cloudkeeper_gateway_redis_lookups_total{outcome=\"hit\"}");
        });
        Assert.True(await HasAsync(gateway, "cloudkeeper_gateway_redis_connected 1"));

        await redis.KillAsync();
        await Until.TrueAsync(async () => await RedisHealthAsync(gateway) == "degraded");
        (await gateway.GetAsync("/readyz")).ShouldBe(200);
    }

    [Theory]
    [InlineData("redis:6379,nonsense=1")]
    [InlineData("redis:6379,connectTimeout=soon")]
    [InlineData("password=secret")]
    public void A_bad_connection_string_is_reported_without_repeating_it(string text)
    {
        var result = new GatewayOptionsValidator().Validate(
            null, new GatewayOptions { Nodes = ["http://n1"], Redis = new Secret(text) });
        var failure = Assert.Single(result.Failures!);
        Assert.StartsWith("Gateway:Redis ", failure, StringComparison.Ordinal);
        Assert.DoesNotContain(text, failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none", "redis:6379", false)]
    [InlineData("none", "", true)]
    [InlineData(TestClusterKey.Base64, "redis:6379", true)]
    public async Task Redis_without_a_cluster_key_is_refused_with_the_setting(string key, string redis, bool starts)
    {
        await using var gateway = new GatewayFixture
        {
            Settings = new Dictionary<string, string?> { ["Hosting:ClusterKey"] = key, ["Gateway:Redis"] = redis },
        };
        if (starts)
        {
            await gateway.InitializeAsync();
            return;
        }

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => gateway.InitializeAsync().AsTask());
        var failure = Assert.Single(refusal.Failures);
        Assert.StartsWith("Gateway:Redis needs a cluster key", failure, StringComparison.Ordinal);
        Assert.Contains("Hosting:ClusterKeyFile", failure, StringComparison.Ordinal);
    }

    private static async Task<string?> RedisHealthAsync(GatewayFixture gateway)
    {
        JsonElement checks = (await gateway.GetAsync("/readyz")).Json.GetProperty("checks");
        return checks.GetProperty("redis").GetProperty("status").GetString();
    }

    private static async Task<bool> HasAsync(GatewayFixture gateway, string metric) =>
        (await gateway.GetAsync("/metrics")).Text.Contains(metric, StringComparison.Ordinal);
}
