using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>A test with a cluster of its own, whose logs are shown if it fails.</summary>
public abstract class ClusterTest : IAsyncLifetime
{
    private LocalCluster? _cluster;

    protected LocalCluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster has not been started.");

    protected static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _cluster = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_cluster is null)
        {
            return;
        }

        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            _cluster.WriteLogs();
        }

        await _cluster.DisposeAsync();
    }

    protected virtual Task<LocalCluster> StartAsync() => LocalCluster.StartAsync();

    protected static void Report(string figure) => TestContext.Current.TestOutputHelper?.WriteLine(figure);
}
