using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Proxy.Tests;

/// <summary>The proxy on a free loopback port, over real sockets.</summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestProxy(WebApplication app)
    {
        _app = app;
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public Uri Address => Client.BaseAddress!;

    public static Task<TestProxy> StartAsync(params FakeGateway[] gateways) =>
        StartAsync($"--Proxy:Gateways={string.Join(',', gateways.Select(gateway => gateway.Address))}");

    public static async Task<TestProxy> StartAsync(params string[] args)
    {
        var app = ProxyApplication.Create([
            .. args, "--urls", "http://127.0.0.1:0", "--Logging:LogLevel:Default=None", "--Logging:LogLevel:Yarp=None",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime=None"]);
        await app.StartAsync();
        return new TestProxy(app);
    }

    /// <summary>Asks again until the metric has the value; the test's own time limit ends it.</summary>
    public async Task UntilMetricIsAsync(string name, int value)
    {
        while (!(await Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken))
            .Contains($"\n{name} {value}\n", StringComparison.Ordinal))
        {
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>An address at which nobody listens.</summary>
    public static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }
}
