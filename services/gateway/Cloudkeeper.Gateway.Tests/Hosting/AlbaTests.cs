using Alba;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Upstream;

namespace Cloudkeeper.Gateway.Tests.Hosting;

/// <summary>The program as it starts, without a socket.</summary>
public sealed class AlbaTests : IAsyncLifetime
{
    private IAlbaHost? _host;

    public async ValueTask InitializeAsync() => _host = await AlbaHost.For<Program>(builder =>
    {
        builder.UseSetting("Hosting:ClusterKey", TestClusterKey.Base64);
        builder.UseSetting("Gateway:Nodes", "http://127.0.0.1:1");
        builder.UseSetting("Gateway:Register", "false");
        builder.ConfigureServices(services =>
            services.AddSingleton<INodes>(new TreeNodes()).AddSingleton<IClusterNodes>(new FakeCluster()));
    });

    public async ValueTask DisposeAsync() => await _host!.DisposeAsync();

    [Fact]
    public async Task It_is_up() => await _host!.Scenario(request =>
    {
        request.Get.Url("/healthz");
        request.StatusCodeShouldBeOk();
    });

    [Fact]
    public async Task It_is_ready_when_the_feed_is_and_reports_each_check()
    {
        var result = await _host!.Scenario(request =>
        {
            request.Get.Url("/readyz");
            request.StatusCodeShouldBeOk();
        });
        var checks = System.Text.Json.JsonDocument.Parse(await result.ReadAsTextAsync()).RootElement.GetProperty("checks");
        Assert.Equal(["feed", "quorum", "redis", "running"], checks.EnumerateObject().Select(c => c.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task It_counts_what_it_does()
    {
        await _host!.Scenario(request =>
        {
            request.Put.Text("1").ToUrl("/v1/nodes/counted");
            request.StatusCodeShouldBe(201);
        });
        await _host!.Scenario(request =>
        {
            request.Get.Url("/metrics");
            request.ContentShouldContain(
                "cloudkeeper_gateway_requests_total{route=\"/v1/nodes/{**path}\",method=\"PUT\",status=\"2xx\"}");
            request.ContentShouldContain("cloudkeeper_gateway_request_duration_seconds_bucket");
            request.ContentShouldContain("cloudkeeper_gateway_watch_streams");
            request.ContentShouldContain("cloudkeeper_gateway_feed_revision");
        });
    }

    [Fact]
    public async Task A_node_is_written_and_read()
    {
        await _host!.Scenario(request =>
        {
            request.Put.Text("hello").ToUrl("/v1/nodes/greeting");
            request.StatusCodeShouldBe(201);
            request.Header("Location").SingleValueShouldEqual("/v1/nodes/greeting");
        });
        await _host!.Scenario(request =>
        {
            request.Get.Url("/v1/nodes/greeting");
            request.ContentShouldBe("hello");
            request.Header("ETag").ShouldHaveValues();
        });
    }
}
