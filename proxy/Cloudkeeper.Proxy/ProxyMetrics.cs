using System.Diagnostics.Metrics;
using Cloudkeeper.Proxy.Forwarding;
using Cloudkeeper.Proxy.Gateways;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Cloudkeeper.Proxy;

/// <summary>The proxy's instruments; their names in /metrics begin with <c>cloudkeeper_proxy_</c>.</summary>
internal sealed class ProxyMetrics : IDisposable
{
    private readonly Meter _meter = new("Cloudkeeper.Proxy");
    private readonly IProxyStateLookup _state;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _redispatches;

    public ProxyMetrics(IProxyStateLookup state)
    {
        _state = state;
        _requests = _meter.CreateCounter<long>("requests_total", description: "Requests by how they ended.");
        _redispatches = _meter.CreateCounter<long>("redispatches_total",
            description: "Requests that were sent to another gateway because the first was gone.");
        _meter.CreateObservableGauge("requests_in_flight", RequestsInFlight,
            description: "Requests and streams that a gateway has not finished answering.");
        _meter.CreateObservableGauge("gateways_known", () => Gateways().Count,
            description: "Gateways that discovery or the static list has named.");
        _meter.CreateObservableGauge("gateways_ready", () => GatewaysHealthCheck.CountReady(_state),
            description: "Gateways whose last probe succeeded.");
    }

    public void Redispatched() => _redispatches.Add(1);

    public void Finished(Failure failure) => _requests.Add(1, new KeyValuePair<string, object?>("outcome", Outcome(failure)));

    public void Dispose() => _meter.Dispose();

    private static string Outcome(Failure failure) => failure switch
    {
        Failure.None => "answered",
        Failure.NoGateway => "no-gateway",
        Failure.NotSent => "not-sent",
        Failure.Lost => "gateway-lost",
        Failure.TimedOut => "timed-out",
        Failure.BadBody => "bad-body",
        Failure.NotForwardable => "not-forwardable",
        _ => "client-gone",
    };

    private IReadOnlyList<DestinationState> Gateways() =>
        _state.TryGetCluster(GatewayCluster.Id, out var cluster) ? cluster.DestinationsState.AllDestinations : [];

    private IEnumerable<Measurement<int>> RequestsInFlight() => Gateways().Select(gateway => new Measurement<int>(
        gateway.ConcurrentRequestCount, new KeyValuePair<string, object?>("gateway", gateway.DestinationId)));
}
