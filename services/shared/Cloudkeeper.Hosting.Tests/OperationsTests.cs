using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Tests;

public sealed class OperationsTests
{
    [Fact]
    public async Task Health_is_plain_text_ok()
    {
        await using var host = await TestHost.StartAsync();
        Assert.Equal("ok", await GetAsync(host, "/healthz"));
    }

    [Fact]
    public async Task Readiness_names_its_checks_and_is_503_when_one_fails()
    {
        await using var host = await TestHost.StartAsync(builder => builder.Services.AddHealthChecks()
            .AddCheck("quorum", () => HealthCheckResult.Unhealthy("no leader"), [CloudkeeperOperations.ReadyTag])
            .AddCheck("feed", () => HealthCheckResult.Healthy(), [CloudkeeperOperations.ReadyTag])
            .AddCheck("unrelated", () => HealthCheckResult.Unhealthy()));
        using var client = new HttpClient();

        using var response = await client.GetAsync(new Uri(host.Address, "/readyz"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(
            """{"status":"not-ready","checks":{"running":{"status":"ok"},"quorum":{"status":"failed","detail":"no leader"},"feed":{"status":"ok"}}}""",
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_process_that_is_asked_to_stop_is_not_ready_at_once_and_serves_while_it_drains()
    {
        await using var host = await TestHost.StartAsync(args: "--Hosting:DrainTime=00:00:30");
        using var client = new HttpClient();
        Assert.Equal("""{"status":"ready","checks":{"running":{"status":"ok"}}}""", await GetAsync(host, "/readyz"));

        using var impatience = new CancellationTokenSource();
        var lifetime = host.App.Services.GetRequiredService<IHostApplicationLifetime>();
        lifetime.StopApplication();
        var stopping = host.App.StopAsync(impatience.Token);

        using var response = await client.GetAsync(new Uri(host.Address, "/readyz"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.False(stopping.IsCompleted);
        Assert.Equal("ok", await GetAsync(host, "/healthz"));

        await impatience.CancelAsync();
        await stopping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        Assert.True(stopping.IsCompleted);
    }

    [Fact]
    public async Task Metrics_have_prometheus_names_types_and_buckets()
    {
        await using var host = await TestHost.StartAsync();
        using var meter = new Meter("Cloudkeeper.Test");
        meter.CreateCounter<long>("requests_total", description: "Requests.").Add(3, new KeyValuePair<string, object?>("code", "ok"));
        meter.CreateHistogram<double>("request_duration_seconds", "s").Record(0.002);
        meter.CreateHistogram<int>("batch_commands", advice: new() { HistogramBucketBoundaries = [3, 30] }).Record(7);
        meter.CreateUpDownCounter<long>("requests_in_flight").Add(5);
        meter.CreateUpDownCounter<long>("streams_open").Add(2, new KeyValuePair<string, object?>("kind", "sse"));

        var lines = (await GetAsync(host, "/metrics")).Split('\n');

        Assert.Contains("# TYPE cloudkeeper_test_requests_total counter", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_test_requests_total{code=\"ok\"} 3", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_test_request_duration_seconds_bucket{le=\"0.001\"} 0", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_test_request_duration_seconds_bucket{le=\"0.0025\"} 1", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_test_batch_commands_bucket{le=\"3\"} 0", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_test_batch_commands_bucket{le=\"30\"} 1", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_test_requests_in_flight 5", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_test_streams_open{kind=\"sse\"} 2", lines, StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("process_cpu_seconds_total", "counter")]
    [InlineData("process_resident_memory_bytes", "gauge")]
    [InlineData("process_start_time_seconds", "gauge")]
    [InlineData("process_open_fds", "gauge")]
    [InlineData("process_threads", "gauge")]
    [InlineData("dotnet_gc_pause_seconds_total", "counter")]
    [InlineData("dotnet_threadpool_threads", "gauge")]
    [InlineData("cloudkeeper_build_info", "gauge")]
    public async Task The_process_and_the_runtime_are_measured(string name, string type)
    {
        await using var host = await TestHost.StartAsync();

        var lines = (await GetAsync(host, "/metrics")).Split('\n');

        Assert.Contains($"# TYPE {name} {type}", lines, StringComparer.Ordinal);
        Assert.Contains(lines, line => line.StartsWith(name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_setting_out_of_its_range_is_named_and_stops_the_start()
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => TestHost.StartAsync(args: ["--Hosting:DrainTime=01:00:00", "--Hosting:MaxRequestBodyBytes=1"]));

        Assert.Contains("DrainTime", error.Message, StringComparison.Ordinal);
        Assert.Contains("MaxRequestBodyBytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_server_does_not_name_itself()
    {
        await using var host = await TestHost.StartAsync();
        using var client = new HttpClient();

        using var response = await client.GetAsync(new Uri(host.Address, "/healthz"), TestContext.Current.CancellationToken);

        Assert.False(response.Headers.Contains("Server"));
    }

    private static async Task<string> GetAsync(TestHost host, string path)
    {
        using var client = new HttpClient();
        return await client.GetStringAsync(new Uri(host.Address, path), TestContext.Current.CancellationToken);
    }
}
