using System.Text.Json;
using Cloudkeeper.Hosting;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>
/// Asks the consensus nodes every second which gateways have registered, any one of them, without a quorum if need be.
/// While none answers, or none knows a gateway, the last good answer stands.
/// </summary>
internal sealed partial class GatewayDiscovery(
    IOptions<ProxyOptions> options, InMemoryConfigProvider configuration, TimeProvider time,
    ILogger<GatewayDiscovery> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<Uri> _nodes = AddressList.Parse(options.Value.Nodes);
    private readonly HttpClient _client = Http2Client.Create();

    private IReadOnlyList<Uri> _gateways = AddressList.Parse(options.Value.Gateways);
    private int _nextNode;

    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_nodes.Count == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            if (await AskAnyAsync(stoppingToken) is { } gateways)
            {
                Use(gateways);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Begins with the node that answered last, so that a dead one does not cost its timeout every second.</summary>
    private async Task<IReadOnlyList<Uri>?> AskAnyAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _nodes.Count; i++)
        {
            var node = _nodes[_nextNode];
            if (await AskAsync(node, cancellationToken) is { Count: > 0 } gateways)
            {
                return gateways;
            }

            _nextNode = (_nextNode + 1) % _nodes.Count;
        }

        return null;
    }

    private async Task<IReadOnlyList<Uri>?> AskAsync(Uri node, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Interval);
        try
        {
            var answer = await _client.GetFromJsonAsync<RegisteredGateways>(new Uri(node, "/gateways"), deadline.Token);
            return [.. (answer?.Gateways ?? []).Select(gateway => new Uri(gateway.Address, UriKind.Absolute))];
        }
        catch (Exception exception) when (
            exception is HttpRequestException or JsonException or UriFormatException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogNoAnswer(logger, node, exception.Message);
            return null;
        }
    }

    private void Use(IReadOnlyList<Uri> gateways)
    {
        var sorted = gateways.Distinct().OrderBy(gateway => gateway.AbsoluteUri, StringComparer.Ordinal).ToArray();
        if (sorted.SequenceEqual(_gateways))
        {
            return;
        }

        _gateways = sorted;
        configuration.Update(GatewayCluster.Routes, GatewayCluster.Of(sorted));
        LogGateways(logger, sorted.Length, string.Join(", ", sorted.Select(gateway => gateway.Authority)));
    }

    [LoggerMessage(LogLevel.Information, "{Count} gateways: {Gateways}")]
    private static partial void LogGateways(ILogger logger, int count, string gateways);

    [LoggerMessage(LogLevel.Debug, "Node {Node} does not say which gateways there are: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, Uri node, string reason);

    private sealed record RegisteredGateways(IReadOnlyList<RegisteredGateway> Gateways);

    private sealed record RegisteredGateway(string Instance, string Address);
}
