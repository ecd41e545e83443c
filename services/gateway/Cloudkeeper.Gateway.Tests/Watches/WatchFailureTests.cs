using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Watches;

/// <summary>Each with a gateway of its own: the feed breaks, history ends, the gateway stops.</summary>
public sealed class WatchFailureTests
{
    [Fact]
    public async Task History_that_is_gone_is_said_before_the_stream_begins()
    {
        await using var gateway = await StartAsync(
            new StateMachineOptions { HistorySetsMax = 5 }, ("Gateway:RecentChangesMax", "3"));
        await WriteAsync(gateway, 20);
        var refused = (await gateway.GetAsync("/v1/watch?path=/a&from=0")).ShouldBe(410, "revision-compacted");
        Assert.Equal(16, refused.Json.GetProperty("oldestRevision").GetInt64());

        await using var watch = await WatchClient.OpenAsync(gateway, "path=/a&from=0&onGap=snapshot");
        var gap = (await watch.NextAsync())!;
        Assert.Equal("gap", gap.Name);
        Assert.Equal(0, gap.Data.GetProperty("from").GetInt64());
        Assert.Equal(20, gap.Data.GetProperty("to").GetInt64());
        Assert.Equal("initial", (await watch.NextAsync())!.Name);
        Assert.Equal(20, (await watch.NextAsync())!.Id);
        await WriteAsync(gateway, 1);
        Assert.Equal(21, (await watch.NextAsync())!.Revision);
    }

    [Fact]
    public async Task Old_changes_come_from_the_nodes_history_and_join_the_live_ones_without_a_seam()
    {
        await using var gateway = await StartAsync(settings: ("Gateway:RecentChangesMax", "3"));
        await WriteAsync(gateway, 50);
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/a&from=0");
        var writing = WriteAsync(gateway, 50);
        for (var revision = 1; revision <= 100; revision++)
        {
            Assert.Equal(revision, (await watch.NextAsync())!.Revision);
        }

        await writing;
    }

    [Fact]
    public async Task A_broken_feed_loses_and_repeats_nothing()
    {
        await using var gateway = await StartAsync();
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/a&from=0");
        for (var revision = 1; revision <= 30; revision++)
        {
            gateway.Nodes.BreakFeeds();
            await WriteAsync(gateway, 1);
            Assert.Equal(revision, (await watch.NextAsync())!.Revision);
        }
    }

    [Fact]
    public async Task A_gateway_that_was_cut_off_for_too_long_tells_its_watchers()
    {
        await using var gateway = await StartAsync(new StateMachineOptions { HistorySetsMax = 5 });
        await using var ends = await WatchClient.OpenAsync(gateway, "path=/a&from=0");
        await using var goesOn = await WatchClient.OpenAsync(gateway, "path=/a&from=0&onGap=snapshot");
        gateway.Nodes.HasNoFeed = true;
        gateway.Nodes.BreakFeeds();
        await WriteAsync(gateway, 20);
        gateway.Nodes.HasNoFeed = false;
        var gap = await ends.NextAsync();
        Assert.Equal("gap", gap!.Name);
        Assert.Null(await ends.ReadAsync());
        Assert.Equal("gap", (await goesOn.NextAsync())!.Name);
        Assert.Equal("initial", (await goesOn.NextAsync())!.Name);
        Assert.Equal("initial-end", (await goesOn.NextAsync())!.Name);
    }

    [Fact]
    public async Task A_gateway_that_stops_ends_its_streams_in_order()
    {
        var gateway = await StartAsync();
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/a");
        var stopping = gateway.DisposeAsync().AsTask();
        while (await watch.ReadAsync() is { } item)
        {
            Assert.Equal("progress", item.Name);
        }

        await stopping;
    }

    private static async Task WriteAsync(GatewayFixture gateway, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await gateway.PutAsync("/v1/nodes/a", $"{i}");
        }
    }

    private static async Task<GatewayFixture> StartAsync(
        StateMachineOptions? options = null, (string Key, string Value)? settings = null)
    {
        var gateway = new GatewayFixture
        {
            Nodes = new TreeNodes(options),
            Settings = settings is { } given ? new Dictionary<string, string?> { [given.Key] = given.Value } : [],
        };
        await gateway.InitializeAsync();
        return gateway;
    }
}
