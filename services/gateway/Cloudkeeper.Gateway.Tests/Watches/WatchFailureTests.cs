using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Watches;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Watches;

/// <summary>Each with a gateway of its own: the feed breaks, history ends, the gateway stops.</summary>
public sealed class WatchFailureTests
{
    [Fact]
    public async Task Compacted_history_is_reported_before_the_stream_begins()
    {
        await using var gateway = await StartAsync(
            new StateMachineOptions { HistorySetsMax = 5 }, ("Gateway:RecentChangesMax", "3"));
        await WriteAsync(gateway, 20);
        var refused = (await gateway.GetAsync("/v1/watch?path=/a&from=0")).ShouldBe(410, "revision-compacted");

        // What the last entry has added is above the bound until the next one comes.
        Assert.Equal(15, refused.Json.GetProperty("oldestRevision").GetInt64());

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
    public async Task Transaction_with_compacted_details_is_reported_as_a_gap()
    {
        await using var gateway = await StartAsync(new StateMachineOptions { HistorySetsMax = 2 });
        await WriteAsync(gateway, 1);
        (await gateway.PostAsync("/v1/transactions", """
            {"then":[{"put":{"path":"/0","value":"new"}},{"put":{"path":"/a","value":"changed"}}]}
            """)).ShouldBe(200);
        await WriteAsync(gateway, 3);

        await using var watch = await WatchClient.OpenAsync(gateway, "path=/&scope=subtree&from=1&previous=true");
        var gap = (await watch.NextAsync())!;
        Assert.Equal("gap", gap.Name);
        Assert.Equal(1, gap.Data.GetProperty("from").GetInt64());
    }

    /// <summary>The history has room for 50,000 bytes; each of these has more (bug F-03).</summary>
    [Theory]
    [InlineData(7, 20_000)]
    [InlineData(300, 10)]
    public async Task A_large_deletion_is_no_loss_to_watchers_of_other_nodes(int count, int bytes)
    {
        await using var gateway = await StartAsync(
            new StateMachineOptions { HistoryBytesMax = 50_000, HistoryFactBytesMax = 50_000, HistoryValueBytesMax = 50_000 },
            ("Gateway:RecentChangesMax", "3"));
        await gateway.PutAsync("/v1/nodes/big", "");
        for (var i = 0; i < count; i++)
        {
            await gateway.PutAsync($"/v1/nodes/big/{i}", new string('x', bytes));
        }

        var before = (await gateway.PutAsync("/v1/nodes/other", "1")).Revision;
        await using var live = await WatchClient.OpenAsync(gateway, "path=/other");
        await using var changed = await WatchClient.OpenAsync(gateway, "path=/big");
        (await gateway.DeleteAsync("/v1/nodes/big?recursive=true")).ShouldBe(204);
        await WriteAsync(gateway, 10);
        var last = (await gateway.PutAsync("/v1/nodes/other", "2")).Revision;
        await using var resumed = await WatchClient.OpenAsync(gateway, $"path=/other&from={before}&values=true&previous=true");
        Assert.Equal(("changed", last), await NextAsync(live));
        Assert.Equal(("deleted", before + 1), await NextAsync(changed));
        Assert.Equal(("changed", last), await NextAsync(resumed));

        static async Task<(string Name, long Revision)> NextAsync(WatchClient watch)
        {
            var item = (await watch.NextAsync())!;
            return (item.Name, item.Revision);
        }
    }

    [Fact]
    public async Task A_large_value_that_the_history_has_lost_is_sent_as_long_as_it_is_there()
    {
        await using var gateway = await StartAsync(
            new StateMachineOptions { HistoryValueBytesMax = 50_000 }, ("Gateway:RecentChangesMax", "3"));
        var before = (await gateway.PutAsync("/v1/nodes/a", "small")).Revision;
        await gateway.PutAsync("/v1/nodes/a", new string('a', 10_000));
        for (var i = 0; i < 20; i++)
        {
            await gateway.PutAsync("/v1/nodes/large", new string('x', 10_000));
        }

        await gateway.PutAsync("/v1/nodes/a", "small");
        await gateway.PutAsync("/v1/nodes/b", new string('b', 10_000));
        for (var i = 0; i < 20; i++)
        {
            await gateway.PutAsync("/v1/nodes/large", new string('x', 10_000));
        }

        await using var there = await WatchClient.OpenAsync(gateway, $"path=/b&from={before}&values=true");
        Assert.Equal(10_000, (await there.NextAsync())!.Data.GetProperty("value").GetString()!.Length);

        // The first of the two changes was this large.
        await using var gone = await WatchClient.OpenAsync(gateway, $"path=/a&from={before}&values=true");
        Assert.Equal("gap", (await gone.NextAsync())!.Name);
        await using var without = await WatchClient.OpenAsync(gateway, $"path=/a&from={before}");
        Assert.Equal("changed", (await without.NextAsync())!.Name);
    }

    [Fact]
    public async Task A_gap_does_not_end_before_it_begins_where_the_client_is_further_than_its_gateway()
    {
        await using var gateway = await StartAsync(new StateMachineOptions { HistorySetsMax = 2 });
        await WriteAsync(gateway, 5);
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/a&from=20");

        // The feed comes back when history does not reach back to where it broke.
        gateway.Nodes.HasNoFeed = true;
        gateway.Nodes.BreakFeeds();
        await WriteAsync(gateway, 5);
        gateway.Nodes.HasNoFeed = false;

        var gap = (await watch.NextAsync())!;
        Assert.Equal("gap", gap.Name);
        Assert.Equal(20, gap.Data.GetProperty("from").GetInt64());
        Assert.Equal(20, gap.Data.GetProperty("to").GetInt64());
    }

    [Fact]
    public async Task Zero_is_the_beginning_of_history()
    {
        await using var gateway = await StartAsync();
        await WriteAsync(gateway, 2);
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/&scope=subtree&from=0");
        Assert.Equal(1, (await watch.NextAsync())!.Revision);
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
    public async Task A_gateway_that_was_cut_off_for_too_long_sends_its_watchers_a_gap()
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
    public async Task A_gateway_that_stops_sends_the_position_of_its_streams_and_another_one_goes_on()
    {
        var nodes = new TreeNodes();
        await using var other = new GatewayFixture { Nodes = nodes };
        await other.InitializeAsync();
        var gateway = new GatewayFixture { Nodes = nodes, Time = new ManualTime() };
        await gateway.InitializeAsync();
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/a");
        await WriteAsync(other, 1);
        Assert.Equal(1, (await watch.NextAsync())!.Id);
        var elsewhere = await other.PutAsync("/v1/nodes/b");
        var relay = gateway.Services.GetRequiredService<ChangeRelay>();
        await Until.TrueAsync(() => relay.Revision.Value == elsewhere.Revision);
        await gateway.DisposeAsync();
        var last = (await watch.ReadAsync())!;
        Assert.Equal("progress", last.Name);
        Assert.InRange(last.Id!.Value, 1, elsewhere.Revision);
        Assert.Null(await watch.ReadAsync());

        await using var resumed = await WatchClient.OpenAsync(other, "path=/a", $"{last.Id}");
        await WriteAsync(other, 1);
        Assert.Equal(elsewhere.Revision + 1, (await resumed.NextAsync())!.Revision);
    }

    [Fact]
    public async Task A_client_knows_that_it_watches_before_anything_happens()
    {
        // The clock stands still: nothing comes that would take the headers along.
        var gateway = new GatewayFixture { Time = new ManualTime() };
        await gateway.InitializeAsync();
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/a");
        await WriteAsync(gateway, 1);
        Assert.Equal("created", (await watch.ReadAsync())!.Name);
        await gateway.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slow_reader_gets_a_gap_and_never_a_silent_loss(bool snapshot)
    {
        await using var gateway = await StartAsync(settings: ("Gateway:WatchEventsMax", "10"));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port, TestContext.Current.CancellationToken);
        var target = $"/v1/watch?path=/a&from=0&values=true&format=ndjson{(snapshot ? "&onGap=snapshot" : "")}";
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.0\r\n\r\n"));

        // As long as all of it still fits between gateway and client nothing is lost.
        var slots = gateway.Services.GetRequiredService<WatchSlots>();
        await Until.TrueAsync(() => slots.Count == 1);
        var large = new string('x', 200_000);
        for (var i = 0; i < 100; i++)
        {
            await gateway.PutAsync("/v1/nodes/a", large);
        }

        using var reader = new StreamReader(new NetworkStream(socket));
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { Length: > 0 })
        {
        }

        WatchedEvent item;
        for (var revision = 1; (item = (await NextLineAsync(reader))!).Name != "gap"; revision++)
        {
            Assert.Equal(revision, item.Revision);
            Assert.Equal(large.Length, item.Data.GetProperty("value").GetString()!.Length);
        }

        Assert.InRange(item.Data.GetProperty("from").GetInt64(), 1, 99);
        var next = await NextLineAsync(reader);
        Assert.Equal(snapshot ? "initial" : null, next?.Name);
        Assert.Equal(snapshot ? 100 : null, next?.Revision);
    }

    private static async Task<WatchedEvent?> NextLineAsync(StreamReader reader)
    {
        WatchedEvent? item;
        do
        {
            item = await EventReader.ReadAsync(reader, isLines: true);
        }
        while (item is { Name: "progress" });
        return item;
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
