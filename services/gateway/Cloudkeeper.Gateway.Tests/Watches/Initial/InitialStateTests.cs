using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Watches;
using Cloudkeeper.Gateway.Watches.Initial;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Gateway.Tests.Watches.Initial;

/// <summary>Initial states of watches have one bound together, and are given back at every end of a watch.</summary>
[Collection(Alone.Name)]
public sealed class InitialStateTests
{
    private const int MiB = 1 << 20;

    /// <summary>Of what all may have in flight initial states have three fifths, 19 MiB, and large ones seven eighths of that.</summary>
    private const int BudgetMiB = 32;

    private readonly ManualTime _time = new();

    [Fact]
    public async Task Equal_watches_share_one_state_until_the_last_of_them_has_gone()
    {
        await using var gateway = await StartAsync();
        await FillAsync(gateway, "/large", 10);
        var watches = new List<SlowWatch>();
        for (var i = 0; i < 20; i++)
        {
            watches.Add(await SlowWatch.OpenAsync(gateway, "path=/large&scope=subtree&initial=true&values=true"));

            // Elsewhere the tree goes on: for these watches nothing has changed.
            (await gateway.PutAsync("/v1/nodes/elsewhere", $"{i}")).ShouldBe(i == 0 ? 201 : 200);
            var shown = i + 1;
            await Until.TrueAsync(() => StalledOf(gateway) == shown);
        }

        Assert.Equal(1, StatesOf(gateway).Count);
        Assert.InRange(UsedBy(gateway), 10 * MiB, 11 * MiB);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await watches[0].ReadAsync(MiB);
        watches.ForEach(static watch => watch.Dispose());
        await ShouldBeGivenBackAsync(gateway);
        Assert.InRange(before - GC.GetTotalMemory(forceFullCollection: true), 10 * MiB, long.MaxValue);
    }

    [Fact]
    public async Task Changed_parts_are_read_again_for_a_later_watch()
    {
        await using var gateway = await StartAsync();
        await FillAsync(gateway, "/large", 8);
        using var old = await SlowWatch.OpenAsync(gateway, "path=/large&scope=subtree&initial=true&values=true");
        await Until.TrueAsync(() => UsedBy(gateway) >= 8 * MiB);

        var change = await gateway.PutAsync("/v1/nodes/large/0", "new");
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/large/0&path=/large&initial=true&values=true");
        Assert.Equal("/large", (await watch.NextAsync())!.Path);
        Assert.Equal("new", (await watch.NextAsync())!.Data.GetProperty("value").GetString());
        Assert.True((await watch.NextAsync())!.Id >= change.Revision);
        await using var equal = await WatchClient.OpenAsync(gateway, "path=/large&scope=subtree&initial=true&values=true");
        Assert.Equal("/large", (await equal.NextAsync())!.Path);
        Assert.Equal("new", (await equal.NextAsync())!.Data.GetProperty("value").GetString());
    }

    [Fact]
    public async Task Watches_that_come_while_a_state_is_read_have_it_read_once()
    {
        const int Count = 30;
        var (read, pages) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        var present = 0;
        await using var gateway = await StartAsync();
        await FillAsync(gateway, "/a", 2);
        gateway.Nodes.BeforeRead = request =>
        {
            Interlocked.Increment(ref request is ReadSubtreeRequest ? ref pages : ref present);
            return request is ReadSubtreeRequest ? read.Task : Task.CompletedTask;
        };

        var opening = Enumerable.Range(0, Count)
            .Select(_ => WatchClient.OpenAsync(gateway, "path=/a&scope=subtree&initial=true")).ToArray();
        await Until.TrueAsync(() => Volatile.Read(ref present) == Count && StatesOf(gateway).HolderCount == Count);
        var last = await gateway.PutAsync("/v1/nodes/a/last");
        read.SetResult();
        foreach (var watch in await Task.WhenAll(opening))
        {
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal("initial", (await watch.NextAsync())!.Name);
            }

            Assert.Equal(last.Revision, (await watch.NextAsync())!.Id);
            await watch.DisposeAsync();
        }

        Assert.Equal(1, pages);
        await ShouldBeGivenBackAsync(gateway);
    }

    [Fact]
    public async Task Where_there_is_no_room_a_watch_waits_is_refused_and_small_ones_begin_all_the_same()
    {
        await using var gateway = await StartAsync();
        await FillAsync(gateway, "/a", 9);
        await FillAsync(gateway, "/b", 9);
        await gateway.PutAsync("/v1/nodes/small", "1");
        using var slow = await SlowWatch.OpenAsync(gateway, "path=/a&scope=subtree&initial=true&values=true");
        await Until.TrueAsync(() => UsedBy(gateway) >= 9 * MiB);

        var room = gateway.Services.GetRequiredService<InitialRoom>();
        var refused = gateway.GetAsync("/v1/watch?path=/b&scope=subtree&initial=true&values=true");
        await Until.TrueAsync(() => room.WaitingCount == 1);
        Assert.InRange(UsedBy(gateway), 9 * MiB, 10 * MiB);
        await using var small = await WatchClient.OpenAsync(gateway, "path=/small&initial=true&values=true");
        Assert.Equal("1", (await small.NextAsync())!.Data.GetProperty("value").GetString());
        (await gateway.PutAsync("/v1/nodes/a/9", "written")).ShouldBe(201);

        _time.Advance(TimeSpan.FromSeconds(11));
        var answer = (await refused).ShouldBe(503, "overloaded");
        Assert.Equal("1", answer.Headers["Retry-After"]);
    }

    [Fact]
    public async Task A_watch_that_waits_for_room_begins_when_another_has_gone()
    {
        await using var gateway = await StartAsync();
        await FillAsync(gateway, "/a", 9);
        await FillAsync(gateway, "/b", 9);
        var slow = await SlowWatch.OpenAsync(gateway, "path=/a&scope=subtree&initial=true&values=true");
        await Until.TrueAsync(() => UsedBy(gateway) >= 9 * MiB);
        var room = gateway.Services.GetRequiredService<InitialRoom>();
        var opening = WatchClient.OpenAsync(gateway, "path=/b&scope=subtree&initial=true&values=true");
        await Until.TrueAsync(() => room.WaitingCount == 1);
        slow.Dispose();
        await using (var watch = await opening)
        {
            Assert.Equal("/b", (await watch.NextAsync())!.Path);
        }

        await ShouldBeGivenBackAsync(gateway);
    }

    [Fact]
    public async Task A_state_that_can_never_be_held_is_refused_at_once()
    {
        await using var gateway = await StartAsync();
        await FillAsync(gateway, "/a", 18);
        (await gateway.GetAsync("/v1/watch?path=/a&scope=subtree&initial=true&values=true")).ShouldBe(503, "overloaded");
        await ShouldBeGivenBackAsync(gateway);
    }

    [Fact]
    public async Task A_slow_reader_is_cut_off_once_room_is_short()
    {
        await using var gateway = await StartAsync();
        await FillAsync(gateway, "/half", 8);
        using (await SlowWatch.OpenAsync(gateway, "path=/half&scope=subtree&initial=true&values=true"))
        {
            // No other watch needs the room. What the kernel takes comes and goes for a while.
            await SecondsPassAsync(gateway, 50);
            Assert.Equal(0, CutOffBy(gateway));
        }

        await ShouldBeGivenBackAsync(gateway);
        await FillAsync(gateway, "/more", 12);
        using var slow = await SlowWatch.OpenAsync(gateway, "path=/more&scope=subtree&initial=true&values=true");
        await SecondsPassAsync(gateway, 50);
        Assert.Equal(1, CutOffBy(gateway));
        await ShouldBeGivenBackAsync(gateway);
    }

    [Fact]
    public async Task A_client_that_leaves_at_any_moment_leaves_nothing_behind()
    {
        await using var gateway = await StartAsync();
        await FillAsync(gateway, "/a", 5);
        for (var i = 0; i < 40; i++)
        {
            using var watch = await SlowWatch.OpenAsync(
                gateway, $"path=/a&path=/a/{i % 3}&scope=subtree&initial=true&values=true");
            await watch.ReadAsync(i % 4 * i * 8_000);
        }

        await ShouldBeGivenBackAsync(gateway);
        Assert.Equal(0, StalledOf(gateway));
    }

    [Fact]
    public async Task A_gateway_that_stops_sends_nothing_behind_a_state_that_it_has_sent_in_part()
    {
        await using var gateway = await StartAsync(new StateMachineOptions { HistorySetsMax = 2 }, ("Gateway:RecentChangesMax", "2"));
        await FillAsync(gateway, "/a", 9);
        using var watch = await SlowWatch.OpenAsync(gateway, "path=/a&scope=subtree&from=0&onGap=snapshot&values=true");
        await Until.TrueAsync(() => StalledOf(gateway) == 1);
        var stopping = gateway.DisposeAsync().AsTask();
        var last = await watch.ReadLastAsync(100);
        await stopping;
        Assert.DoesNotContain("progress", last, StringComparison.Ordinal);
        Assert.DoesNotContain("initial-end", last, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("binary")]
    public async Task Large_values_come_whole_though_they_are_sent_in_pieces(string kind)
    {
        await using var gateway = await StartAsync();
        var text = string.Concat(Enumerable.Range(0, 40_000).Select(static i => i % 7 == 0 ? "\"\n" : i % 3 == 0 ? "€" : "é𝄞"));
        var bytes = new byte[100_001];
        new Random(1).NextBytes(bytes);
        using var content = kind == "text" ? (HttpContent)new StringContent(text) : new ByteArrayContent(bytes);
        (await gateway.Client.PutAsync("/v1/nodes/a", content, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        foreach (var format in (string[])["", "&format=ndjson"])
        {
            using var stream = await gateway.Client.GetStreamAsync(
                $"/v1/watch?path=/a&initial=true&values=true{format}", TestContext.Current.CancellationToken);
            using var reader = new StreamReader(stream);
            var item = (await EventReader.ReadAsync(reader, isLines: format.Length > 0))!;
            Assert.Equal(["path", "revision", "kind", "version", "contentType", "value", "encoding"],
                item.Data.EnumerateObject().Select(static member => member.Name));
            Assert.Equal(kind == "text" ? "utf8" : "base64", item.Data.GetProperty("encoding").GetString());
            Assert.True(kind == "text"
                ? item.Data.GetProperty("value").GetString() == text
                : item.Data.GetProperty("value").GetBytesFromBase64().AsSpan().SequenceEqual(bytes));
        }
    }

    private static InitialStates StatesOf(GatewayFixture gateway) => gateway.Services.GetRequiredService<InitialStates>();

    private static long UsedBy(GatewayFixture gateway) =>
        gateway.Services.GetRequiredService<MemoryBudget>().UsedBy(MemoryUse.InitialStates);

    /// <summary>Streams whose clients are waited for: each is watched as an answer, and as an initial state.</summary>
    private static int StalledOf(GatewayFixture gateway) => gateway.Services.GetRequiredService<TransferPace>().Count / 2;

    private static long CutOffBy(GatewayFixture gateway) =>
        gateway.Services.GetRequiredService<TransferPace>().EndedOf(MemoryUse.InitialStates);

    private static async Task FillAsync(GatewayFixture gateway, string path, int count)
    {
        (await gateway.PutAsync("/v1/nodes" + path)).ShouldBe(201);
        for (var i = 0; i < count; i++)
        {
            (await gateway.PutAsync($"/v1/nodes{path}/{i}", new string('x', MiB))).ShouldBe(201);
        }
    }

    private static async Task ShouldBeGivenBackAsync(GatewayFixture gateway)
    {
        var slots = gateway.Services.GetRequiredService<WatchSlots>();
        await Until.TrueAsync(() => slots.Count == 0 && StatesOf(gateway).Count == 0 && UsedBy(gateway) == 0);
    }

    /// <summary>While a client is waited for, or until it is cut off.</summary>
    private async Task SecondsPassAsync(GatewayFixture gateway, int seconds)
    {
        for (var i = 0; i < seconds && CutOffBy(gateway) == 0; i++)
        {
            await Until.TrueAsync(() => StalledOf(gateway) == 1);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    private async Task<GatewayFixture> StartAsync(
        StateMachineOptions? options = null, params (string Key, string Value)[] settings)
    {
        var gateway = new GatewayFixture
        {
            Nodes = new TreeNodes(options),
            Time = _time,
            Settings = settings.Append(("Hosting:InFlightBytesMax", $"{(long)BudgetMiB * MiB}"))
                .ToDictionary(static setting => setting.Item1, static setting => (string?)setting.Item2),
        };
        await gateway.InitializeAsync();
        return gateway;
    }
}
