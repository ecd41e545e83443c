using System.Text.Json;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Nodes;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>
/// Asks the consensus nodes every second which gateways have registered, any one of them, without a quorum if need be.
/// While none answers, or none knows a gateway, the last good answer stands. Who the nodes are it asks as well: they come
/// and go, and one that was removed would name the gateways of its time for ever.
/// </summary>
internal sealed partial class GatewayDiscovery(
    IOptions<ProxyOptions> options, InMemoryConfigProvider configuration, TimeProvider time,
    ILogger<GatewayDiscovery> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly NodeDirectory? _nodes = AddressList.Parse(options.Value.Nodes) is { Count: > 0 } nodes ? new(nodes) : null;
    private readonly HttpClient _client = Http2Client.Create(answerBytesMax: BoundedAnswer.ListBytesMax);

    private IReadOnlyList<Uri> _gateways = AddressList.Parse(options.Value.Gateways);
    private Uri? _lastNode;

    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_nodes is null)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            if (await AskAnyAsync(_nodes, stoppingToken) is { } gateways)
            {
                Use(gateways);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>Begins with the node that answered last, so that a dead one does not cost its timeout every second.</summary>
    private async Task<IReadOnlyList<Uri>?> AskAnyAsync(NodeDirectory nodes, CancellationToken cancellationToken)
    {
        await nodes.LookAsync(_lastNode ?? nodes.Nodes[0], node => LookAtAsync(node, cancellationToken));
        foreach (var node in nodes.Nodes.OrderBy(node => node != _lastNode))
        {
            if (await AskAsync(node, cancellationToken) is { Count: > 0 } gateways)
            {
                _lastNode = node;
                return gateways;
            }
        }

        return null;
    }

    private async Task<ClusterView?> LookAtAsync(Uri node, CancellationToken cancellationToken) =>
        await GetAsync(node, "/cluster", cancellationToken) is { } answer ? ClusterView.TryParse(answer) : null;

    private async Task<IReadOnlyList<Uri>?> AskAsync(Uri node, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await GetAsync(node, "/gateways", cancellationToken) is { } bytes
                ? JsonSerializer.Deserialize<RegisteredGateways>(bytes, JsonSerializerOptions.Web)
                : null;
            return [.. (answer?.Gateways ?? []).Select(gateway => new Uri(gateway.Address, UriKind.Absolute))];
        }
        catch (Exception exception) when (exception is JsonException or UriFormatException)
        {
            LogNoAnswer(logger, node, exception.Message);
            return null;
        }
    }

    private async Task<byte[]?> GetAsync(Uri node, string route, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Interval);
        try
        {
            return await _client.GetByteArrayAsync(new Uri(node, route), deadline.Token);
        }
        catch (Exception exception) when (
            exception is HttpRequestException
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

    [LoggerMessage(LogLevel.Debug, "Node {Node} does not say which nodes and gateways there are: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, Uri node, string reason);

    private sealed record RegisteredGateways(IReadOnlyList<RegisteredGateway> Gateways);

    private sealed record RegisteredGateway(string Instance, string Address);
}
