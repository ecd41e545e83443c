using System.Diagnostics;
using System.Text.Json;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Workloads;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>All nodes die at once and come back: what they had acknowledged is on their disks.</summary>
public sealed class RestartTests : ClusterTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Everything_acknowledged_is_there_after_all_nodes_were_killed()
    {
        await AcknowledgedWrites.PrepareAsync(Cluster.Proxy.Address);
        var writes = new AcknowledgedWrites([Cluster.Proxy.Address], clients: 16, attempts: 600);
        var writing = writes.RunAsync();
        await FlowAsync(writes);

        await KillAndRestartAllNodesAsync();

        await FlowAsync(writes);
        writes.Stop();
        await writing;
        await writes.VerifyAsync(Cluster.Proxy.Address);
    }

    [Fact]
    public async Task Sessions_survive_with_their_time_to_live()
    {
        using var client = new ApiClient(Cluster.Proxy.Address);
        var kept = await CreateSessionAsync(client, "60s", "/kept");
        var lapsing = await CreateSessionAsync(client, "2s", "/lapsing");

        await KillAndRestartAllNodesAsync();

        var session = await client.GetAsync($"/v1/sessions/{kept}");
        Assert.Equal(200, session.Status);
        Assert.Contains("/kept", session.Json.GetProperty("ephemerals").EnumerateArray().Select(PathOf), StringComparer.Ordinal);
        Assert.Equal(200, (await client.PostJsonAsync($"/v1/sessions/{kept}/keepalive", new { })).Status);
        await Eventually.TrueAsync(
            async () => (await client.GetAsync($"/v1/sessions/{lapsing}")).Code == "session-expired", Limit, "the session ends");
        Assert.Equal(404, (await client.GetAsync("/v1/nodes/lapsing")).Status);
        Assert.Equal(200, (await client.GetAsync("/v1/nodes/kept")).Status);
    }

    [Fact]
    public async Task Watches_go_on_from_their_last_event_without_a_gap()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        limit.CancelAfter(Limit);
        using var client = new ApiClient(Cluster.Proxy.Address);
        await client.PutAsync("/v1/nodes/watched", "");
        using var throughout = await client.WatchAsync("/v1/watch?path=/watched&scope=children&values=true");
        string lastId;
        using (var before = await client.WatchAsync("/v1/watch?path=/watched&scope=children&values=true"))
        {
            await WriteAsync(client, 1, 50);
            lastId = (await ReadValuesAsync(before, 1, 30, limit.Token))!;
        }

        await KillAndRestartAllNodesAsync();

        await WriteAsync(client, 51, 100);
        using var after = await client.WatchAsync(
            "/v1/watch?path=/watched&scope=children&values=true", ("Last-Event-ID", lastId));
        await ReadValuesAsync(after, 31, 100, limit.Token);
        await ReadValuesAsync(throughout, 1, 100, limit.Token);
    }

    private static string? PathOf(JsonElement ephemeral) =>
        ephemeral.ValueKind == JsonValueKind.String ? ephemeral.GetString() : ephemeral.GetProperty("path").GetString();

    private static async Task<string> CreateSessionAsync(ApiClient client, string ttl, string path)
    {
        var session = await client.PostJsonAsync("/v1/sessions", new { ttl });
        Assert.Equal(201, session.Status);
        var id = session.Json.GetProperty("id").ToString();
        Assert.Equal(201, (await client.PutAsync($"/v1/nodes{path}?session={id}", "")).Status);
        return id;
    }

    private static async Task WriteAsync(ApiClient client, int first, int last)
    {
        for (var i = first; i <= last; i++)
        {
            var answer = await client.PutAsync($"/v1/nodes/watched/{i % 7}", $"{i}");
            Assert.True(answer.IsSuccess, answer.ToString());
        }
    }

    /// <summary>The values in the order in which they were written, each once; the id of the last event.</summary>
    private static async Task<string?> ReadValuesAsync(EventReader events, int first, int last, CancellationToken stopping)
    {
        string? id = null;
        for (var i = first; i <= last; i++)
        {
            var change = await events.ReadChangeAsync(stopping);
            Assert.Equal($"{i}", change?.Value);
            id = change!.Id;
        }

        return id;
    }

    private static Task FlowAsync(AcknowledgedWrites writes)
    {
        const int Flowing = 1000;
        var acknowledged = writes.Acknowledgements.Count;
        return Eventually.TrueAsync(
            () => Task.FromResult(writes.Acknowledgements.Count >= acknowledged + Flowing), Limit, "writes flow");
    }

    private async Task KillAndRestartAllNodesAsync()
    {
        foreach (var node in Cluster.Nodes)
        {
            node.Send(Signal.Kill);
        }

        await Task.WhenAll(Cluster.Nodes.Select(n => n.WaitForExitAsync()));
        var started = Stopwatch.GetTimestamp();
        foreach (var node in Cluster.Nodes)
        {
            node.Start();
        }

        await Cluster.WaitUntilReadyAsync();
        Report($"ready {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s after the restart");
    }
}
