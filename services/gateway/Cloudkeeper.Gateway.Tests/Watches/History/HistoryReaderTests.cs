using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Watches;
using Cloudkeeper.Gateway.Watches.History;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Watches.History;

/// <summary>However many resume from before the window, the nodes have a few streams.</summary>
[Collection(Alone.Name)]
public sealed class HistoryReaderTests
{
    [Fact]
    public async Task Ten_thousand_that_resume_together_cost_the_nodes_a_few_streams_and_miss_nothing()
    {
        const int Count = 10_000;
        const int Revisions = 40;
        await using var gateway = await StartAsync();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Nodes.BeforeHistory = began.Task;
        var before = gateway.Nodes.FollowCount;
        var resuming = Enumerable.Range(0, Count).Select(i => CatchUpAsync(gateway, Revisions * 7 * i / Count % Revisions)).ToArray();
        var reader = gateway.Services.GetRequiredService<HistoryReader>();
        await Until.TrueAsync(() => reader.Count == Count);
        Assert.InRange(gateway.Nodes.FollowCount - before, 1, 2);
        began.SetResult();

        await Task.WhenAll(resuming);
        Assert.Equal(0, reader.Count);
        Assert.InRange(gateway.Nodes.FollowCount - before, 1, Count / 100);
    }

    [Fact]
    public async Task The_last_reader_that_goes_ends_its_stream()
    {
        await using var gateway = await StartAsync();
        gateway.Nodes.BeforeHistory = new TaskCompletionSource().Task;
        var reader = gateway.Services.GetRequiredService<HistoryReader>();
        var before = gateway.Nodes.FollowCount;
        using (await SlowWatchAsync(gateway))
        {
            await Until.TrueAsync(() => reader.Count == 1 && gateway.Nodes.FollowCount == before + 1);
        }

        await Until.TrueAsync(() => reader.Count == 0);

        // There is room for another stream: the one without a reader does not hold it.
        gateway.Nodes.BeforeHistory = Task.CompletedTask;
        await CatchUpAsync(gateway, 0);
    }

    private static Task<Initial.SlowWatch> SlowWatchAsync(GatewayFixture gateway) =>
        Initial.SlowWatch.OpenAsync(gateway, "path=/&scope=subtree&from=0");

    /// <summary>One watcher, without a client: everything above its revision comes to it once.</summary>
    private static async Task CatchUpAsync(GatewayFixture gateway, long from)
    {
        using var signal = new StreamSignal();
        var relay = gateway.Services.GetRequiredService<ChangeRelay>();
        using var source = new WatchSource(
            gateway.Services.GetRequiredService<HistoryReader>(), relay,
            new WatchInterest([new WatchTarget("/a", WatchScope.Node)]), signal, new Revision(from));
        await Task.Yield();
        for (var next = from; !source.IsLive;)
        {
            var step = await source.CatchUpAsync(TestContext.Current.CancellationToken);
            Assert.False(step.HasGap);
            foreach (var item in step.Events)
            {
                Assert.Equal(++next, item.Revision.Value);
            }

            Assert.True(!source.IsLive || next == relay.Revision.Value);
        }
    }

    private static async Task<GatewayFixture> StartAsync()
    {
        var gateway = new GatewayFixture
        {
            Settings = new Dictionary<string, string?>
            {
                ["Gateway:RecentChangesMax"] = "3",
                ["Gateway:RequestTimeout"] = "00:01:00",
            },
        };
        await gateway.InitializeAsync();
        for (var i = 0; i < 50; i++)
        {
            await gateway.PutAsync("/v1/nodes/a", $"{i}");
        }

        var relay = gateway.Services.GetRequiredService<ChangeRelay>();
        await Until.TrueAsync(() => relay.Revision == gateway.Nodes.Revision);
        return gateway;
    }
}
