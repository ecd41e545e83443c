using System.Net.Http.Headers;
using System.Text;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Memory;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Gateway.Tests.Hosting;

/// <summary>A whole gateway on a real socket, over a state machine in this process.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private WebApplication? _app;

    internal TreeNodes Nodes { get; init; } = new();

    /// <summary>With it the gateway has no feed, and its calls go through everything down to here.</summary>
    internal INodeTransport? Transport { get; init; }

    internal IClusterNodes Cluster { get; init; } = new FakeCluster();

    /// <summary>Null: the system's.</summary>
    internal TimeProvider? Time { get; init; }

    /// <summary>Limits of the web server that no setting changes: with the real ones tests would wait for long.</summary>
    internal Action<KestrelServerLimits>? ServerLimits { get; init; }

    /// <summary>How fast answers have to be taken. Null: as ever.</summary>
    internal PaceRule? AnswerRule { get; init; }

    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    public HttpClient Client { get; private set; } = new();

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    internal IServiceProvider Services => _app!.Services;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Hosting:ClusterKey"] = TestClusterKey.Base64,
            ["Gateway:Nodes"] = "http://127.0.0.1:1",
            ["Gateway:Register"] = "false",
            ["Gateway:ProgressInterval"] = "00:00:00.2",
            ["Logging:LogLevel:Default"] = "Error",
        });
        builder.Configuration.AddInMemoryCollection(Settings);
        if (Transport is null)
        {
            builder.Services.AddSingleton<INodes>(Nodes);
        }
        else
        {
            builder.Services.AddSingleton(Transport);
        }

        builder.Services.AddSingleton(Cluster);
        if (Time is not null)
        {
            builder.Services.AddSingleton(Time);
        }

        builder.AddGateway();
        builder.Services.PostConfigure<KestrelServerOptions>(server => ServerLimits?.Invoke(server.Limits));
        if (AnswerRule is { } rule)
        {
            builder.Services.AddSingleton(provider => new AnswerPace(
                provider.GetRequiredService<TransferPace>(), provider.GetRequiredService<MemoryBudget>())
            { Rule = rule });
        }

        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.UseGateway();
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single());
        Client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
        var relay = Services.GetRequiredService<ChangeRelay>();
        await Until.TrueAsync(() => relay.IsStarted || Transport is not null);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is { } app)
        {
            _app = null;
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    /// <summary>Sends a request with headers of any kind.</summary>
    public async Task<Answer> SendAsync(
        string method, string path, string? body = null, string? contentType = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        using var response = await Client.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync("GET", path, headers: headers);

    public Task<Answer> PutAsync(string path, string body = "", params (string Name, string Value)[] headers) =>
        SendAsync("PUT", path, body, headers: headers);

    public Task<Answer> PostAsync(string path, string body = "", params (string Name, string Value)[] headers) =>
        SendAsync("POST", path, body, headers: headers);

    /// <summary>A body without a length in front.</summary>
    public async Task<Answer> SendChunkedAsync(string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
        request.Content.Headers.ContentType = null;
        request.Headers.TransferEncodingChunked = true;
        using var response = await Client.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    public Task<Answer> DeleteAsync(string path, params (string Name, string Value)[] headers) =>
        SendAsync("DELETE", path, headers: headers);

    /// <summary>Opens a session.</summary>
    public async Task<long> OpenSessionAsync(string ttl = "10s")
    {
        var answer = await PostAsync("/v1/sessions", $$"""{"ttl":"{{ttl}}"}""");
        return answer.Json.GetProperty("id").GetInt64();
    }
}

/// <summary>One for all tests of a class.</summary>
[CollectionDefinition(Name)]
public sealed class SharedGateway : ICollectionFixture<GatewayFixture>
{
    public const string Name = "gateway";
}
