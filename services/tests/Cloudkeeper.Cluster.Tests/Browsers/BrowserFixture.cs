using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Browsers;

/// <summary>A cluster, a Chromium, and a stranger's site in front of each server, for all tests of a class.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private readonly List<Site> _sites = [];
    private Chromium? _chromium;
    private LocalCluster? _cluster;

    public LocalCluster Cluster => _cluster!;

    internal Chromium Chromium
    {
        get
        {
            Assert.SkipUnless(_chromium is not null, "chromium is not installed.");
            return _chromium;
        }
    }

    /// <summary>In front of proxy, gateway and node.</summary>
    internal IReadOnlyList<Site> Sites => _sites;

    public async ValueTask InitializeAsync()
    {
        if (!Command.Exists("chromium"))
        {
            return;
        }

        var starting = Chromium.StartAsync("evil.example", "rebind.example");
        _cluster = await LocalCluster.StartAsync(nodes: 1, gateways: 1);
        foreach (var server in new[] { Cluster.Proxy, Cluster.Gateways[0], Cluster.Nodes[0] })
        {
            _sites.Add(await Site.StartAsync(server.Address));
        }

        _chromium = await starting;
        await _chromium.SendAsync("Browser.setDownloadBehavior", new() { ["behavior"] = "deny" });
    }

    public async ValueTask DisposeAsync()
    {
        if (_chromium is not null)
        {
            await _chromium.DisposeAsync();
        }

        foreach (var site in _sites)
        {
            await site.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
