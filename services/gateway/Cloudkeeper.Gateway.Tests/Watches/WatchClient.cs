using System.Diagnostics;
using System.Text.Json;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Watches;

/// <summary>Reads a stream of events as a browser would.</summary>
internal sealed class WatchClient : IAsyncDisposable
{
    /// <summary>However slow the machine is, but not for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private WatchClient(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        _reader = new StreamReader(stream);
    }

    public HttpResponseMessage Response => _response;

    public static async Task<WatchClient> OpenAsync(GatewayFixture gateway, string query, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/watch?" + query);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await gateway.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.True(response.IsSuccessStatusCode, await ErrorOfAsync(response));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new WatchClient(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event that is no progress, or null at the end.</summary>
    public async Task<WatchedEvent?> NextAsync()
    {
        var began = Stopwatch.GetTimestamp();
        while (await ReadAsync() is { } item)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Patience, "Nothing but progress has come.");
            if (item.Name != "progress")
            {
                return item;
            }
        }

        return null;
    }

    /// <summary>The next event of any kind, or null at the end.</summary>
    public Task<WatchedEvent?> ReadAsync() => EventReader.ReadAsync(_reader).WaitAsync(Patience);

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        _response.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<string> ErrorOfAsync(HttpResponseMessage response) =>
        response.IsSuccessStatusCode ? "" : await response.Content.ReadAsStringAsync();
}

internal sealed record WatchedEvent(string Name, JsonElement Data, long? Id)
{
    public string Path => Data.GetProperty("path").GetString()!;

    public long Revision => Data.GetProperty("revision").GetInt64();

    public override string ToString() => $"{Name} {Data} {Id}";
}
