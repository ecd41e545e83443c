using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Nodes;

/// <summary>Alone with its gateway: it counts watchers.</summary>
public sealed class NodeWaitTests : IAsyncLifetime
{
    private readonly GatewayFixture _gateway = new();

    public ValueTask InitializeAsync() => _gateway.InitializeAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_wait_ends_with_the_next_change()
    {
        var first = await _gateway.PutAsync("/v1/nodes/a", "1");
        var waiting = _gateway.GetAsync("/v1/nodes/a?wait=30s");
        await UntilWatchedAsync(waiting);

        // Only the gateway knows which state it has found: a change before that is not the next one.
        await Until.TrueAsync(async () =>
        {
            await _gateway.PutAsync("/v1/nodes/a", "2");
            return waiting.IsCompleted;
        });
        var answer = (await waiting).ShouldBe(200);
        Assert.Equal("2", answer.Text);
        Assert.NotEqual($"\"{first.Revision}\"", answer.Headers["ETag"]);
    }

    [Fact]
    public async Task A_state_that_is_newer_already_is_answered_at_once()
    {
        var first = await _gateway.PutAsync("/v1/nodes/a", "1");
        var second = await _gateway.PutAsync("/v1/nodes/a", "2");
        Assert.Equal("2", (await _gateway.GetAsync($"/v1/nodes/a?wait=30s&after={first.Revision}")).Text);
        (await _gateway.GetAsync($"/v1/nodes/a?after={second.Revision}")).ShouldBe(304);
    }

    [Fact]
    public async Task A_wait_without_a_change_ends_as_not_modified()
    {
        var put = await _gateway.PutAsync("/v1/nodes/a", "1");
        var answer = (await _gateway.GetAsync("/v1/nodes/a?wait=50ms")).ShouldBe(304);
        Assert.Empty(answer.Body);
        Assert.Equal(put.Headers["ETag"], answer.Headers["ETag"]);
        Assert.True(answer.Revision > 0);
    }

    [Fact]
    public async Task Changes_elsewhere_do_not_end_a_wait()
    {
        await _gateway.PutAsync("/v1/nodes/a", "1");
        var waiting = _gateway.GetAsync("/v1/nodes/a?wait=300ms");
        await UntilWatchedAsync(waiting);
        await _gateway.PutAsync("/v1/nodes/a/child", "1");
        await _gateway.PutAsync("/v1/nodes/b", "1");
        (await waiting).ShouldBe(304);
    }

    [Fact]
    public async Task A_deletion_is_newer_than_the_node()
    {
        var put = await _gateway.PutAsync("/v1/nodes/a", "1");
        var waiting = _gateway.GetAsync($"/v1/nodes/a?wait=30s&after={put.Revision}");
        await UntilWatchedAsync(waiting);
        var deleted = await _gateway.DeleteAsync("/v1/nodes/a");
        (await waiting).ShouldBe(404, "node-not-found");
        (await _gateway.GetAsync($"/v1/nodes/a?wait=50ms&after={deleted.Revision}")).ShouldBe(304);
    }

    [Fact]
    public async Task The_creation_of_an_absent_node_ends_a_wait()
    {
        var waiting = _gateway.GetAsync("/v1/nodes/a?view=stat&wait=30s&after=0");
        await UntilWatchedAsync(waiting);
        await _gateway.PutAsync("/v1/nodes/a", "1");
        (await waiting).ShouldBe(200);
    }

    [Fact]
    public async Task Children_are_waited_for_by_their_coming_and_going()
    {
        var put = await _gateway.PutAsync("/v1/nodes/a/old?parents=true", "1");
        var waiting = _gateway.GetAsync($"/v1/nodes/a?view=children&wait=30s&after={put.Revision}");
        await UntilWatchedAsync(waiting);
        await _gateway.PutAsync("/v1/nodes/a/old", "2");
        await _gateway.PutAsync("/v1/nodes/a", "2");
        await _gateway.PutAsync("/v1/nodes/a/new", "1");
        var answer = (await waiting).ShouldBe(200);
        Assert.Equal(2, answer.Json.GetProperty("children").GetArrayLength());
    }

    [Fact]
    public async Task Children_that_come_and_go_in_one_transaction_end_a_wait()
    {
        var put = await _gateway.PutAsync("/v1/nodes/a", "1");
        var waiting = _gateway.GetAsync($"/v1/nodes/a?view=children&wait=30s&after={put.Revision}");
        await UntilWatchedAsync(waiting);
        var touched = (await _gateway.PostAsync("/v1/transactions", """
            {"then": [{"create": {"path": "/a/x"}}, {"delete": {"path": "/a/x"}}, {"put": {"path": "/b"}}]}
            """)).ShouldBe(200);
        Assert.Equal(touched.Revision, (await waiting).ShouldBe(200).Revision);
        (await _gateway.GetAsync($"/v1/nodes/a?view=children&wait=50ms&after={touched.Revision}")).ShouldBe(304);
    }

    [Fact]
    public async Task A_wait_that_names_a_session_keeps_it_alive_and_ends_with_it()
    {
        var session = await _gateway.OpenSessionAsync("1s");
        var before = _gateway.Nodes.KeepaliveCount;
        var put = await _gateway.PutAsync("/v1/nodes/");
        var waiting = _gateway.GetAsync($"/v1/nodes/?wait=30s&after={put.Revision}&session={session}");
        await Until.TrueAsync(() => _gateway.Nodes.KeepaliveCount >= before + 3);
        await _gateway.PutAsync("/v1/nodes/");
        (await waiting).ShouldBe(200);
        (await _gateway.GetAsync("/v1/nodes/?wait=1s&session=4711")).ShouldBe(404, "session-not-found");
        await _gateway.DeleteAsync($"/v1/sessions/{session}");
        (await _gateway.GetAsync($"/v1/nodes/?wait=1s&session={session}")).ShouldBe(410, "session-expired");
    }

    [Fact]
    public async Task A_wait_whose_session_ends_meanwhile_is_refused()
    {
        var session = await _gateway.OpenSessionAsync("1s");
        var waiting = _gateway.GetAsync($"/v1/nodes/?wait=30s&session={session}");
        await UntilWatchedAsync(waiting);
        await _gateway.DeleteAsync($"/v1/sessions/{session}");
        (await waiting).ShouldBe(410, "session-expired");
    }

    /// <summary>Until a request waits, or has waited long enough already.</summary>
    private Task UntilWatchedAsync(Task waiting)
    {
        var relay = _gateway.Services.GetRequiredService<ChangeRelay>();
        return Until.TrueAsync(() => relay.WatcherCount > 0 || waiting.IsCompleted);
    }
}
