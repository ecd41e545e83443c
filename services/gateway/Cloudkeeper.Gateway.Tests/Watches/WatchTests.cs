using System.Text;
using System.Text.Json;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Watches;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Watches;

[Collection(SharedGateway.Name)]
public sealed class WatchTests(GatewayFixture gateway)
{
    private readonly string _root = "/watch-" + Guid.NewGuid().ToString("N");

    private string Url => "/v1/nodes" + _root;

    [Fact]
    public async Task Changes_come_in_order_with_their_effects()
    {
        await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}");
        Assert.Equal("no-store, no-transform", watch.Response.Headers.CacheControl?.ToString());
        await gateway.SendAsync("PUT", Url, "1", "text/plain");
        await gateway.PutAsync(Url, "2");
        await gateway.DeleteAsync(Url);

        var created = (await watch.NextAsync())!;
        Assert.Equal("created", created.Name);
        Assert.Equal(
            ["path", "revision", "kind", "version", "contentType"],
            created.Data.EnumerateObject().Select(member => member.Name));
        Assert.Equal(_root, created.Path);
        Assert.Equal(created.Revision, created.Id);
        Assert.Equal("text/plain", created.Data.GetProperty("contentType").GetString());
        var changed = (await watch.NextAsync())!;
        Assert.Equal("changed", changed.Name);
        Assert.Equal(1, changed.Data.GetProperty("version").GetInt32());
        var deleted = (await watch.NextAsync())!;
        Assert.Equal("deleted", deleted.Name);
        Assert.Equal(["path", "revision", "kind"], deleted.Data.EnumerateObject().Select(member => member.Name));
        Assert.True(created.Revision < changed.Revision && changed.Revision < deleted.Revision);
    }

    [Fact]
    public async Task A_head_request_gets_the_headers_of_a_watch_and_ends()
    {
        var slots = gateway.Services.GetRequiredService<WatchSlots>();
        var before = slots.Count;
        var head = (await gateway.SendAsync("HEAD", $"/v1/watch?path={_root}&initial=true&values=true")).ShouldBe(200);
        Assert.Equal("text/event-stream", head.Headers["Content-Type"]);
        Assert.Equal(gateway.Services.GetRequiredService<ChangeRelay>().Revision.Value, head.Revision);
        Assert.Empty(head.Body);
        await Until.TrueAsync(() => slots.Count <= before);
        Assert.Equal(400, (int)(await gateway.SendAsync("HEAD", "/v1/watch")).Status);
    }

    [Fact]
    public async Task A_transaction_is_one_revision_with_its_id_on_the_last_event()
    {
        await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}&scope=subtree");
        await gateway.PostAsync("/v1/transactions", $$$"""
            {"then": [
              {"create": {"path": "{{{_root}}}"}}, {"create": {"path": "{{{_root}}}/b"}}, {"create": {"path": "{{{_root}}}/a"}},
              {"set": {"path": "{{{_root}}}/a", "value": "x"}},
              {"create": {"path": "{{{_root}}}/c"}}, {"delete": {"path": "{{{_root}}}/c"}}
            ]}
            """);
        var events = new[] { await watch.NextAsync(), await watch.NextAsync(), await watch.NextAsync() };
        Assert.All(events, item => Assert.Equal("created", item!.Name));
        Assert.Equal([_root, _root + "/a", _root + "/b"], events.Select(item => item!.Path));
        Assert.Equal([null, null, events[2]!.Revision], events.Select(item => item!.Id));
    }

    [Fact]
    public async Task A_node_that_was_deleted_and_created_again_at_once_has_changed()
    {
        await gateway.PutAsync(Url);
        await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}");
        await gateway.PostAsync("/v1/transactions",
            $$$"""{"then": [{"delete": {"path": "{{{_root}}}"}}, {"create": {"path": "{{{_root}}}"}}]}""");
        Assert.Equal("changed", (await watch.NextAsync())!.Name);
    }

    [Fact]
    public async Task Several_paths_share_a_stream()
    {
        await using var watch = await WatchClient.OpenAsync(
            gateway, $"path={_root}-a&path={_root}-b&path={_root}-a&scope=subtree");
        await gateway.PutAsync(Url + "-a");
        await gateway.PutAsync(Url + "-c");
        await gateway.PutAsync(Url + "-b");
        Assert.Equal(_root + "-a", (await watch.NextAsync())!.Path);
        Assert.Equal(_root + "-b", (await watch.NextAsync())!.Path);
    }

    [Fact]
    public async Task Values_of_any_size_come_on_demand()
    {
        await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}&values=true&previous=true");
        var large = new string('x', 100_000);
        await gateway.PutAsync(Url, "small");
        await gateway.PutAsync(Url, large);
        await gateway.DeleteAsync(Url);
        var created = (await watch.NextAsync())!;
        Assert.Equal("small", created.Data.GetProperty("value").GetString());
        Assert.Equal("utf8", created.Data.GetProperty("encoding").GetString());
        Assert.False(created.Data.TryGetProperty("previous", out _));
        var changed = (await watch.NextAsync())!;
        Assert.Equal(large, changed.Data.GetProperty("value").GetString());
        Assert.Equal("small", changed.Data.GetProperty("previous").GetProperty("value").GetString());
        Assert.Equal(0, changed.Data.GetProperty("previous").GetProperty("version").GetInt32());
        var deleted = (await watch.NextAsync())!;
        Assert.Equal(large, deleted.Data.GetProperty("previous").GetProperty("value").GetString());
        Assert.False(deleted.Data.TryGetProperty("value", out _));
    }

    [Fact]
    public async Task A_stream_resumes_behind_the_last_event_or_any_revision()
    {
        var revisions = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            revisions.Add((await gateway.PutAsync(Url, $"{i}")).Revision);
        }

        await using var from = await WatchClient.OpenAsync(gateway, $"path={_root}&from={revisions[1]}");
        await using var last = await WatchClient.OpenAsync(
            gateway, $"path={_root}&from=0&initial=true", $"{revisions[3]}");
        Assert.Equal(revisions[2], (await from.NextAsync())!.Revision);
        Assert.Equal(revisions[3], (await from.NextAsync())!.Revision);
        Assert.Equal(revisions[4], (await from.NextAsync())!.Revision);
        Assert.Equal(revisions[4], (await last.NextAsync())!.Revision);
    }

    [Fact]
    public async Task A_future_revision_waits()
    {
        var now = (await gateway.PutAsync(Url, "0")).Revision;
        await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}&from={now + 1}");
        Assert.Equal(now + 1, (await watch.ReadAsync())!.Revision);
        await gateway.PutAsync(Url, "1");
        var second = await gateway.PutAsync(Url, "2");
        Assert.Equal(second.Revision, (await watch.NextAsync())!.Revision);
    }

    [Fact]
    public async Task Now_is_behind_everything_that_was_acknowledged()
    {
        for (var i = 0; i < 20; i++)
        {
            await gateway.PutAsync(Url, "before");
            await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}");
            var after = await gateway.PutAsync(Url, "after");
            Assert.Equal(after.Revision, (await watch.NextAsync())!.Revision);
        }
    }

    [Fact]
    public async Task The_initial_state_comes_first_and_then_the_changes_after_it()
    {
        await gateway.PutAsync(Url);
        await gateway.PutAsync(Url + "/b", "2");
        var last = await gateway.PutAsync(Url + "/a", "1");
        await gateway.PutAsync(Url + "/a/deep", "3");
        await using var children = await WatchClient.OpenAsync(
            gateway, $"path={_root}&scope=children&initial=true&values=true");
        var first = (await children.NextAsync())!;
        Assert.Equal("initial", first.Name);
        Assert.Equal(_root + "/a", first.Path);
        Assert.Equal("1", first.Data.GetProperty("value").GetString());
        Assert.Equal(last.Revision, first.Revision);
        Assert.Null(first.Id);
        Assert.Equal(_root + "/b", (await children.NextAsync())!.Path);
        var end = (await children.NextAsync())!;
        Assert.Equal("initial-end", end.Name);
        Assert.Equal(end.Revision, end.Id);
        var changed = await gateway.PutAsync(Url + "/a", "4");
        Assert.Equal(changed.Revision, (await children.NextAsync())!.Revision);

        await using var subtree = await WatchClient.OpenAsync(gateway, $"path={_root}&scope=subtree&initial=true");
        var paths = new List<string>();
        while ((await subtree.NextAsync())! is { Name: "initial" } item)
        {
            paths.Add(item.Path);
        }

        Assert.Equal([_root, _root + "/a", _root + "/a/deep", _root + "/b"], paths);
    }

    [Fact]
    public async Task An_initial_state_that_changes_while_it_is_read_is_exact_at_its_end()
    {
        await gateway.PutAsync(Url);
        for (var i = 0; i < 100; i++)
        {
            await gateway.PutAsync($"{Url}/{i:D3}", "0");
        }

        using var stop = new CancellationTokenSource();
        var writing = WriteUntilAsync(stop.Token);
        await using var watch = await WatchClient.OpenAsync(
            gateway, $"path={_root}&scope=subtree&initial=true&values=true");
        var seen = new Dictionary<string, (string Value, long Revision)>();
        while ((await watch.NextAsync())! is { Name: "initial" } item)
        {
            seen.Add(item.Path, (item.Data.GetProperty("value").GetString()!, item.Revision));
        }

        // From the end of the initial state on, every version of every node comes exactly once.
        for (var i = 0; i < 200; i++)
        {
            var item = (await watch.NextAsync())!;
            var known = seen.GetValueOrDefault(item.Path, ("-1", 0L)).Item1;
            Assert.Equal(int.Parse(known, null) + 1, int.Parse(item.Data.GetProperty("value").GetString()!, null));
            seen[item.Path] = (item.Data.GetProperty("value").GetString()!, item.Revision);
        }

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task Progress_comes_with_an_id_to_resume_from()
    {
        await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}");
        var elsewhere = await gateway.PutAsync(Url + "-elsewhere");
        WatchedEvent progress;
        do
        {
            progress = (await watch.ReadAsync())!;
            Assert.Equal("progress", progress.Name);
            Assert.Equal(progress.Revision, progress.Id);
        }
        while (progress.Revision < elsewhere.Revision);
    }

    [Fact]
    public async Task Lines_of_json_carry_the_same_events()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/watch?path={_root}");
        request.Headers.Accept.ParseAdd("application/x-ndjson");
        using var response = await gateway.Client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        using var reader = new StreamReader(
            await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), Encoding.UTF8);
        var put = await gateway.PutAsync(Url);
        JsonElement line;
        do
        {
            line = JsonDocument.Parse((await reader.ReadLineAsync(TestContext.Current.CancellationToken))!).RootElement;
            Assert.Equal(["event", "id", "data"], line.EnumerateObject().Select(member => member.Name));
        }
        while (line.GetProperty("event").GetString() == "progress");

        Assert.Equal("created", line.GetProperty("event").GetString());
        Assert.Equal($"{put.Revision}", line.GetProperty("id").GetString());
    }

    [Fact]
    public async Task The_end_of_its_session_ends_a_stream_behind_all_earlier_events()
    {
        var session = await gateway.OpenSessionAsync();
        await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}&session={session}");
        await gateway.PutAsync($"{Url}?session={session}");
        gateway.Nodes.Expire(new SessionId(session));
        Assert.Equal("created", (await watch.NextAsync())!.Name);
        Assert.Equal("deleted", (await watch.NextAsync())!.Name);
        Assert.Equal("session-expired", (await watch.NextAsync())!.Name);
        Assert.Null(await watch.ReadAsync());
    }

    [Theory]
    [InlineData("", "invalid-parameter")]
    [InlineData("path=/a&scope=all", "invalid-parameter")]
    [InlineData("path=a", "invalid-path")]
    [InlineData("path=/a//b", "invalid-path")]
    [InlineData("path=/a&from=x", "invalid-revision")]
    [InlineData("path=/a&from=9007199254740992", "invalid-revision")]
    [InlineData("path=/a&mode=some", "invalid-parameter")]
    [InlineData("path=/a&onGap=ignore", "invalid-parameter")]
    [InlineData("path=/a&format=xml", "invalid-parameter")]
    [InlineData("path=/a&initial=1", "invalid-parameter")]
    public async Task Other_watches_are_refused(string query, string code) =>
        (await gateway.GetAsync("/v1/watch?" + query)).ShouldBe(400, code);

    [Fact]
    public async Task An_unreadable_last_event_is_refused_and_an_empty_one_is_none()
    {
        (await gateway.GetAsync($"/v1/watch?path={_root}", ("Last-Event-ID", "x"))).ShouldBe(400, "invalid-revision");
        await using var watch = await WatchClient.OpenAsync(gateway, $"path={_root}&from=0", "");
        await gateway.PutAsync(Url);
        Assert.Equal("created", (await watch.NextAsync())!.Name);
    }

    [Fact]
    public async Task A_session_that_is_not_there_is_refused()
    {
        (await gateway.GetAsync($"/v1/watch?path={_root}&session=4711")).ShouldBe(404, "session-not-found");
        var session = await gateway.OpenSessionAsync();
        await gateway.DeleteAsync($"/v1/sessions/{session}");
        (await gateway.GetAsync($"/v1/watch?path={_root}&session={session}")).ShouldBe(410, "session-expired");
    }

    private async Task WriteUntilAsync(CancellationToken stop)
    {
        for (var i = 1; !stop.IsCancellationRequested; i++)
        {
            for (var node = 0; node < 100 && !stop.IsCancellationRequested; node++)
            {
                await gateway.PutAsync($"{Url}/{node:D3}", $"{i}");
            }
        }
    }
}
