using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Nodes;

/// <summary>Alone with its gateway: it counts what the nodes are asked.</summary>
public sealed class CachedReadTests : IAsyncLifetime
{
    private const string Path = "/v1/nodes/a";

    private readonly GatewayFixture _gateway = new();

    private TreeNodes Nodes => _gateway.Nodes;

    private FeedProgress Progress => _gateway.Services.GetRequiredService<FeedProgress>();

    public ValueTask InitializeAsync() => _gateway.InitializeAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_hot_node_costs_the_nodes_a_read_index_and_no_read()
    {
        await WriteAndReachAsync("1");
        Assert.Equal("miss", SourceOf(await _gateway.GetAsync(Path)));
        var reads = Nodes.ReadCount;
        var indexes = Nodes.ReadIndexCount;
        foreach (var query in (string[])["", "?format=json", "?view=stat"])
        {
            var answer = (await _gateway.GetAsync(Path + query)).ShouldBe(200);
            Assert.Equal("local", SourceOf(answer));
            Assert.Equal("linearizable", answer.Headers["Cloudkeeper-Consistency"]);
            Assert.Equal(Nodes.Revision.Value, answer.Revision);
        }

        Assert.Equal(reads, Nodes.ReadCount);
        Assert.True(Nodes.ReadIndexCount >= indexes + 3);
    }

    [Fact]
    public async Task A_read_reflects_every_write_that_was_acknowledged_before()
    {
        await WriteAndReachAsync("first");
        for (var i = 0; i < 200; i++)
        {
            var value = new string((char)('a' + (i % 26)), i % 10 == 9 ? 5_000 : i);
            var put = await _gateway.PutAsync(Path, value);
            var answer = (await _gateway.GetAsync(Path)).ShouldBe(200);
            Assert.Equal(value, answer.Text);
            Assert.True(answer.Revision >= put.Revision);
        }

        (await _gateway.DeleteAsync(Path)).ShouldBe(204);
        (await _gateway.GetAsync(Path)).ShouldBe(404, "node-not-found");
        Assert.Equal("local", SourceOf(await _gateway.GetAsync(Path)));
    }

    [Fact]
    public async Task An_absent_node_is_remembered_as_absent()
    {
        Assert.Equal("miss", SourceOf((await _gateway.GetAsync(Path)).ShouldBe(404, "node-not-found")));
        Assert.Equal("local", SourceOf((await _gateway.GetAsync(Path)).ShouldBe(404, "node-not-found")));
        await _gateway.PutAsync(Path, "1");
        (await _gateway.GetAsync(Path)).ShouldBe(200);
    }

    [Fact]
    public async Task A_stat_that_is_kept_counts_children_that_came_and_went_in_one_transaction()
    {
        await WriteAndReachAsync("1");
        await _gateway.GetAsync(Path);
        Assert.Equal("local", SourceOf(await _gateway.GetAsync(Path + "?view=stat")));
        var touched = (await _gateway.PostAsync("/v1/transactions", """
            {"then": [{"create": {"path": "/a/x"}}, {"delete": {"path": "/a/x"}}, {"put": {"path": "/b"}}]}
            """)).ShouldBe(200);
        var stat = (await _gateway.GetAsync(Path + "?view=stat")).ShouldBe(200).Json.GetProperty("stat");
        Assert.Equal(2, stat.GetProperty("childrenVersion").GetInt32());
        Assert.Equal(touched.Revision, stat.GetProperty("childrenRevision").GetInt64());
    }

    [Fact]
    public async Task Children_are_not_kept()
    {
        await WriteAndReachAsync("1");
        Assert.Equal("bypass", SourceOf(await _gateway.GetAsync(Path + "?view=children")));
        Assert.Equal("bypass", SourceOf(await _gateway.GetAsync(Path + "?view=children&consistency=stale")));
    }

    [Fact]
    public async Task A_feed_that_lags_behind_costs_one_short_wait_and_no_wrong_answer()
    {
        await WriteAndReachAsync("1");
        await _gateway.GetAsync(Path);
        Nodes.HoldsFeed = true;
        await _gateway.PutAsync(Path, "2");
        for (var i = 0; i < 3; i++)
        {
            var answer = await _gateway.GetAsync(Path);
            Assert.Equal("2", answer.Text);
            Assert.Equal("miss", SourceOf(answer));
        }

        Assert.False(Progress.IsCurrent);
        Nodes.HoldsFeed = false;
        await Until.TrueAsync(() => Progress.IsCurrent);
        Assert.Equal("local", SourceOf(await _gateway.GetAsync(Path)));
    }

    [Fact]
    public async Task A_stale_read_is_answered_from_memory_without_a_quorum_with_its_greatest_age()
    {
        await WriteAndReachAsync("1");
        await _gateway.GetAsync(Path);
        await _gateway.GetAsync(Path);
        Nodes.HasNoQuorum = true;
        var first = (await _gateway.GetAsync(Path + "?consistency=stale")).ShouldBe(200);
        Assert.Equal("local", SourceOf(first));
        Assert.Equal("stale", first.Headers["Cloudkeeper-Consistency"]);
        var age = AgeOf(first);
        await Until.TrueAsync(async () => AgeOf(await _gateway.GetAsync(Path + "?consistency=stale")) > age + 100);
        (await _gateway.GetAsync(Path)).ShouldBe(503, "no-quorum");
    }

    [Fact]
    public async Task A_copy_looks_no_fresher_because_the_feed_is_open()
    {
        await WriteAndReachAsync("1");
        await _gateway.GetAsync(Path);
        Nodes.HoldsFeed = true;
        await _gateway.PutAsync(Path, "2");

        // The leader answers, and what it names is not here.
        await Until.TrueAsync(async () => AgeOf(await _gateway.GetAsync(Path + "?consistency=stale")) > 1_500);
        Assert.Equal("1", (await _gateway.GetAsync(Path + "?consistency=stale")).Text);
        Assert.Equal("2", (await _gateway.GetAsync(Path + "?consistency=bounded&max_stale=1s")).Text);
    }

    [Fact]
    public async Task A_copy_that_is_proved_fresh_enough_answers_a_bounded_read_without_the_nodes()
    {
        await WriteAndReachAsync("1");
        await _gateway.GetAsync(Path);
        await _gateway.GetAsync(Path);
        Nodes.HasNoQuorum = true;
        var answer = (await _gateway.GetAsync(Path + "?consistency=bounded&max_stale=1h")).ShouldBe(200);
        Assert.Equal("bounded", answer.Headers["Cloudkeeper-Consistency"]);
        Assert.Equal("local", SourceOf(answer));
        Assert.InRange(AgeOf(answer), 0, 3_600_000);
        (await _gateway.GetAsync(Path + "?consistency=bounded&max_stale=0s")).ShouldBe(503, "no-quorum");
    }

    [Fact]
    public async Task A_session_read_waits_for_the_revision_that_its_client_has_seen()
    {
        await WriteAndReachAsync("1");
        await _gateway.GetAsync(Path);
        Nodes.HoldsFeed = true;
        var put = await _gateway.PutAsync(Path, "2");
        Assert.Equal("1", (await _gateway.GetAsync(Path + "?consistency=session")).Text);
        var waiting = _gateway.GetAsync(Path + "?consistency=session", ("Cloudkeeper-Min-Revision", $"{put.Revision}"));
        Nodes.HoldsFeed = false;
        var answer = await waiting;
        Assert.Equal("2", answer.Text);
        Assert.Equal("session", answer.Headers["Cloudkeeper-Consistency"]);
        Assert.True(answer.Revision >= put.Revision);
    }

    [Fact]
    public async Task A_cached_read_waits_in_vain_for_a_revision_that_does_not_exist()
    {
        await WriteAndReachAsync("1");
        await _gateway.GetAsync(Path);
        (await _gateway.GetAsync(Path, ("Cloudkeeper-Min-Revision", "9007199254740991"))).ShouldBe(503, "revision-not-reached");
    }

    [Fact]
    public async Task Reads_are_counted_by_their_source()
    {
        await WriteAndReachAsync("1");
        await _gateway.GetAsync(Path);
        await _gateway.GetAsync(Path);
        var metrics = (await _gateway.GetAsync("/metrics")).Text;
        foreach (var name in (string[])
            [
                "reads_total{source=\"local\"}", "reads_total{source=\"miss\"}", "cache_fills_total{outcome=\"kept\"}",
                "cache_entries", "cache_bytes", "staleness_seconds", "feed_behind_revisions",
            ])
        {
            Assert.Contains("cloudkeeper_gateway_" + name, metrics, StringComparison.Ordinal);
        }
    }

    /// <summary>Until the feed has brought what was written: what is read now is kept for certain.</summary>
    private async Task WriteAndReachAsync(string value)
    {
        var put = await _gateway.PutAsync(Path, value);
        await Until.TrueAsync(() => Progress.Revision.Value >= put.Revision);
    }

    private static string SourceOf(Answer answer) => answer.Headers["Cloudkeeper-Cache"];

    private static long AgeOf(Answer answer) =>
        long.Parse(answer.Headers["Cloudkeeper-Staleness-Ms"], System.Globalization.CultureInfo.InvariantCulture);
}
