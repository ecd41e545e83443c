using System.Net;
using System.Net.Sockets;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Proxy.Gateways;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy.Tests;

/// <summary>The proxy on a free loopback port, over real sockets.</summary>
internal sealed class TestProxy : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly WebApplication _app;

    private TestProxy(WebApplication app)
    {
        _app = app;
        Client = new HttpClient(new Explaining(new SocketsHttpHandler { UseProxy = false })) { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Client { get; }

    public MemoryBudget Budget => _app.Services.GetRequiredService<MemoryBudget>();

    /// <summary>How many clients are waited for.</summary>
    public int Waiting => _app.Services.GetRequiredService<TransferPace>().Count;

    public Uri Address => Client.BaseAddress!;

    public static Task<TestProxy> StartAsync(params FakeGateway[] gateways) =>
        StartAsync($"--Proxy:Gateways={string.Join(',', gateways.Select(gateway => gateway.Address))}");

    public static async Task<TestProxy> StartAsync(params string[] args)
    {
        var app = ProxyApplication.Create([
            "--urls", "http://127.0.0.1:0", $"--Hosting:ClusterKey={TestClusterKey.Base64}",
            "--Logging:LogLevel:Default=None", "--Logging:LogLevel:Yarp=None",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime=None", .. args]);
        await app.StartAsync();
        return new TestProxy(app);
    }

    /// <summary>So many gateways are ready and get requests. The metric is of all proxies of this process together.</summary>
    public Task UntilReadyAsync(int count) => UntilAsync(
        state => GatewaysHealthCheck.CountReady(state) == count, $"{count} are ready");

    public Task UntilKnownAsync(int count) => UntilAsync(
        state => state.TryGetCluster(GatewayCluster.Id, out var cluster)
            && cluster.DestinationsState.AllDestinations.Count == count,
        $"{count} are known");

    public Task UntilMetricIsAsync(string name, int value) => Eventually.TrueAsync(
        async () => (await Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken))
            .Contains($"\n{name} {value}\n", StringComparison.Ordinal),
        Patience,
        $"{name} is {value}");

    /// <summary>Discovery has found this gateway, and no other.</summary>
    public void Use(FakeGateway gateway) => _app.Services.GetRequiredService<InMemoryConfigProvider>()
        .Update(GatewayCluster.Routes, GatewayCluster.Of([new Uri(gateway.Address)]));

    /// <summary>Whether requests have found this gateway gone. Probes do not count: they may only have been slow.</summary>
    public bool LeavesAlone(FakeGateway gateway) =>
        _app.Services.GetRequiredService<IProxyStateLookup>().TryGetCluster(GatewayCluster.Id, out var cluster)
        && cluster.Destinations[new Uri(gateway.Address).Authority].Health.Passive == DestinationHealth.Unhealthy;

    /// <summary>
    /// Asks again until the answer is another one; the test's own time limit ends it. Where everything runs in one
    /// process, a gateway may be too slow for a connection: then the proxy answers that the client should retry, and so
    /// it does here.
    /// </summary>
    public async Task<string> AnswerAfterAsync(string former)
    {
        while (true)
        {
            using var response = await Client.GetAsync("/v1/nodes/a", TestContext.Current.CancellationToken);
            var answer = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (answer != former && response.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                return answer;
            }

            await Task.Yield();
        }
    }

    private Task UntilAsync(Func<IProxyStateLookup, bool> condition, string what)
    {
        var state = _app.Services.GetRequiredService<IProxyStateLookup>();
        return Eventually.TrueAsync(() => Task.FromResult(condition(state)), Patience, what);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>An address without a listener.</summary>
    public static string FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }

    /// <summary>Puts the proxy's own words into the reason phrase, which a failed test shows.</summary>
    private sealed class Explaining(HttpMessageHandler next) : DelegatingHandler(next)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                await answer.Content.LoadIntoBufferAsync(cancellationToken);
                answer.ReasonPhrase = (await answer.Content.ReadAsStringAsync(cancellationToken)).ReplaceLineEndings(" ");
            }

            return answer;
        }
    }
}
