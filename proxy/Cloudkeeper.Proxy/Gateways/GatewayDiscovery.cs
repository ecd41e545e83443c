using System.Net;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Logging;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Hosting.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>
/// Asks the consensus nodes every second which gateways have registered, any one of them, without a quorum if need be.
/// While none answers, or none knows a gateway, the last good answer stands. It asks for the list of nodes as well:
/// they come and go, and one that was removed would name the gateways of its time for ever.
/// </summary>
/// <remarks>Nothing that is answered is trusted to make sense, and nothing that goes wrong here ends the proxy.</remarks>
internal sealed partial class GatewayDiscovery : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Faults of registrations are logged again no sooner: they may be there every second.</summary>
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromSeconds(30);

    private readonly IReadOnlyList<Uri> _listed;
    private readonly NodeDirectory? _nodes;
    private readonly HttpClient _client;
    private readonly RareNotice _keyRefused;
    private readonly Lazy<OwnAddress> _own;
    private readonly InMemoryConfigProvider _configuration;
    private readonly TimeProvider _time;
    private readonly ILogger<GatewayDiscovery> _logger;

    private IReadOnlyList<Uri> _gateways;
    private Uri? _lastNode;
    private long? _lastComplaint;

    public GatewayDiscovery(
        IOptions<ProxyOptions> options, InMemoryConfigProvider configuration, IServer server, ClusterAccess access,
        TimeProvider time, ILogger<GatewayDiscovery> logger)
    {
        _listed = _gateways = AddressList.Parse(options.Value.Gateways);
        _nodes = AddressList.Parse(options.Value.Nodes) is { Count: > 0 } nodes ? new(nodes) : null;
        _own = new(() => new OwnAddress(server.Features.Get<IServerAddressesFeature>()?.Addresses ?? []));
        _client = Http2Client.Create(answerBytesMax: BoundedAnswer.ListBytesMax, cluster: access);
        _keyRefused = new(time);
        _configuration = configuration;
        _time = time;
        _logger = logger;
    }

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

        using var timer = new PeriodicTimer(Interval, _time);
        do
        {
            await LookAsync(_nodes, stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LookAsync(NodeDirectory nodes, CancellationToken cancellationToken)
    {
        try
        {
            if (await AskAnyAsync(nodes, cancellationToken) is { } gateways)
            {
                Use(gateways);
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A bug: the gateways that are known stay.
            LogFailed(_logger, exception);
        }
    }

    /// <summary>Begins with the node that answered last, so that a dead one does not cost its timeout every second.</summary>
    private async Task<IReadOnlyList<Uri>?> AskAnyAsync(NodeDirectory nodes, CancellationToken cancellationToken)
    {
        await nodes.LookAsync(_lastNode ?? nodes.Nodes[0], node => LookAtAsync(node, cancellationToken));
        foreach (var node in nodes.Nodes.OrderBy(node => node != _lastNode))
        {
            if (await AskAsync(node, nodes, cancellationToken) is { Count: > 0 } gateways)
            {
                _lastNode = node;
                return gateways;
            }
        }

        return null;
    }

    private async Task<ClusterView?> LookAtAsync(Uri node, CancellationToken cancellationToken) =>
        await GetAsync(node, "/cluster", cancellationToken) is { } answer ? ClusterView.TryParse(answer) : null;

    private async Task<IReadOnlyList<Uri>?> AskAsync(Uri node, NodeDirectory nodes, CancellationToken cancellationToken)
    {
        if (await GetAsync(node, "/gateways", cancellationToken) is not { } answer)
        {
            return null;
        }

        if (GatewayList.TryParse(answer, address => Judge(address, node, nodes)) is not { } list)
        {
            LogNoAnswer(_logger, node, "that is no list of gateways.");
            return null;
        }

        Complain(list);
        return list.Choose(_gateways);
    }

    /// <summary>Why no request may go to an address that a client has registered.</summary>
    private string? Judge(Uri address, Uri node, NodeDirectory nodes)
    {
        if (_own.Value.Is(address))
        {
            return "is this proxy";
        }

        if (nodes.Nodes.Any(known => known.Authority == address.Authority))
        {
            return "is a node";
        }

        return ReachableAddress.IsLoopback(address) && !ReachableAddress.IsLoopback(node) && !_listed.Contains(address)
            ? "is an address of another machine's own"
            : null;
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
            exception is HttpRequestException or IOException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            NoticeNoAnswer(node, exception);
            return null;
        }
    }

    /// <summary>A node that is gone is no news; one that refuses this proxy for ever is.</summary>
    private void NoticeNoAnswer(Uri node, Exception exception)
    {
        LogNoAnswer(_logger, node, PlainText.Cut(exception.Message));
        if (exception is HttpRequestException { StatusCode: HttpStatusCode.Unauthorized } && _keyRefused.IsDue())
        {
            LogKeyRefused(_logger, node);
        }
    }

    private void Use(IReadOnlyList<Uri> gateways)
    {
        if (gateways.SequenceEqual(_gateways))
        {
            return;
        }

        _gateways = gateways;
        _configuration.Update(GatewayCluster.Routes, GatewayCluster.Of(gateways));
        LogGateways(_logger, gateways.Count, string.Join(", ", gateways.Select(gateway => gateway.Authority)));
    }

    private void Complain(GatewayList list)
    {
        var isSaid = _lastComplaint is { } last && _time.GetElapsedTime(last) < ComplaintInterval;
        if (list.SkippedCount > 0 && !isSaid)
        {
            _lastComplaint = _time.GetTimestamp();
            LogSkipped(_logger, list.SkippedCount, string.Join("; ", list.Skipped));
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} gateways: {Gateways}")]
    private static partial void LogGateways(ILogger logger, int count, string gateways);

    [LoggerMessage(LogLevel.Debug, "Node {Node} does not return the list of nodes and gateways: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, Uri node, string reason);

    [LoggerMessage(LogLevel.Warning, "{Count} registrations of gateways are passed over: {Skipped}")]
    private static partial void LogSkipped(ILogger logger, int count, string skipped);

    [LoggerMessage(LogLevel.Error,
        "{Node} refuses the cluster key of this proxy: Hosting:ClusterKey is to be the same in all processes of the cluster")]
    private static partial void LogKeyRefused(ILogger logger, Uri node);

    [LoggerMessage(LogLevel.Error, "Looking for gateways failed: those that are known stay")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
