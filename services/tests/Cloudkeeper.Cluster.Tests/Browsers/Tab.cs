using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Browsers;

/// <summary>One tab, with all that goes out from it: frames and workers of other origins have sessions of their own.</summary>
internal sealed class Tab
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Chromium _browser;
    private readonly string _target;
    private readonly ConcurrentDictionary<string, bool> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Request> _requests = new(StringComparer.Ordinal);
    private string _session = "";

    private Tab(Chromium browser, string target)
    {
        _browser = browser;
        _target = target;
    }

    /// <summary>What was sent, and how it was answered: the status is there also where the page does not see it.</summary>
    public IEnumerable<Request> Requests => _requests.Values;

    public static async Task<Tab> OpenAsync(Chromium browser)
    {
        var target = await browser.SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" });
        var tab = new Tab(browser, target.GetProperty("targetId").GetString()!);
        browser.Happened += tab.Handle;
        var attached = await browser.SendAsync(
            "Target.attachToTarget", new JsonObject { ["targetId"] = tab._target, ["flatten"] = true });
        tab._session = attached.GetProperty("sessionId").GetString()!;
        tab._sessions[tab._session] = true;
        await tab.WatchAsync(tab._session);
        await tab.SendAsync("Page.enable");
        return tab;
    }

    /// <summary>Goes there, as with a typed address. Returns when the page is there, or will not be.</summary>
    public async Task GoAsync(Uri address)
    {
        await SendAsync("Page.navigate", new JsonObject { ["url"] = address.AbsoluteUri });
        await Eventually.TrueAsync(
            async () => (await EvaluateAsync("document.readyState")).GetString() == "complete", Limit, $"{address} is loaded");
    }

    /// <summary>What an expression results in, or the promise that it is.</summary>
    public async Task<JsonElement> EvaluateAsync(string expression)
    {
        var result = await SendAsync("Runtime.evaluate", new JsonObject
        {
            ["expression"] = expression,
            ["awaitPromise"] = true,
            ["returnByValue"] = true,
        });
        Assert.False(result.TryGetProperty("exceptionDetails", out var thrown), thrown.ToString());
        return result.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    /// <summary>Until everything that was sent there has been answered, or given up by the browser.</summary>
    public Task UntilQuietAsync(Func<Request, bool> concerns) => Eventually.TrueAsync(
        () => Task.FromResult(Requests.Where(concerns).All(request => request.Status is not null || request.HasFailed)),
        Limit,
        "all requests answered");

    public async Task CloseAsync()
    {
        await _browser.SendAsync("Target.closeTarget", new JsonObject { ["targetId"] = _target });
        _browser.Happened -= Handle;
    }

    private Task<JsonElement> SendAsync(string method, JsonObject? parameters = null) =>
        _browser.SendAsync(method, parameters, _session);

    private async Task WatchAsync(string session)
    {
        await _browser.SendAsync("Network.enable", null, session);
        await _browser.SendAsync("Target.setAutoAttach", new JsonObject
        {
            ["autoAttach"] = true,
            ["waitForDebuggerOnStart"] = false,
            ["flatten"] = true,
        }, session);
    }

    private async Task WatchQuietlyAsync(string session)
    {
        try
        {
            await WatchAsync(session);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or TimeoutException or OperationCanceledException)
        {
            // It has ended already, as a worker does whose script is refused.
        }
    }

    private void Handle(string method, JsonElement parameters, string? session)
    {
        if (session is null || !_sessions.ContainsKey(session))
        {
            return;
        }

        switch (method)
        {
            case "Target.attachedToTarget":
                var child = parameters.GetProperty("sessionId").GetString()!;
                _sessions[child] = true;
                _ = WatchQuietlyAsync(child);
                break;
            case "Network.requestWillBeSent":
                var request = parameters.GetProperty("request");
                Of(parameters).Sent(request.GetProperty("method").GetString()!, request.GetProperty("url").GetString()!);
                break;
            case "Network.webSocketCreated":
                Of(parameters).Sent("WEBSOCKET", parameters.GetProperty("url").GetString()!);
                break;
            case "Network.responseReceivedExtraInfo":
                Of(parameters).Status = parameters.GetProperty("statusCode").GetInt32();
                break;
            case "Network.responseReceived":
            case "Network.webSocketHandshakeResponseReceived":
                Of(parameters).Status = parameters.GetProperty("response").GetProperty("status").GetInt32();
                break;
            case "Network.loadingFailed":
            case "Network.webSocketFrameError":
            case "Network.webSocketClosed":
                Of(parameters).HasFailed = true;
                break;
            default:
                break;
        }
    }

    private Request Of(JsonElement parameters) =>
        _requests.GetOrAdd(parameters.GetProperty("requestId").GetString()!, static _ => new Request());

    internal sealed class Request
    {
        public string Method { get; private set; } = "";

        public string Url { get; private set; } = "";

        public int? Status { get; set; }

        public bool HasFailed { get; set; }

        public void Sent(string method, string url) => (Method, Url) = (method, url);

        public override string ToString() => $"{Method} {Url}: {Status?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "-"}";
    }
}
