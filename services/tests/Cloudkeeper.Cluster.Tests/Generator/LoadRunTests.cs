using System.Net;
using Cloudkeeper.LoadGenerator;
using Cloudkeeper.LoadGenerator.Engine;
using Cloudkeeper.LoadGenerator.Http;
using Cloudkeeper.LoadGenerator.Reports;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cloudkeeper.Cluster.Tests.Generator;

/// <summary>The generator against a server in this process that counts what it is asked.</summary>
public sealed class LoadRunTests : IAsyncLifetime
{
    private WebApplication _server = null!;
    private int _reads;
    private int _staleReads;
    private int _writes;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.MapGet("/v1/nodes/load/{key}", Read);
        _server.MapPut("/v1/nodes/load/{key}", WriteAsync);
        await _server.StartAsync(Stopping);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Every_key_is_written_once_before_the_measurement()
    {
        await LoadRun.FillAsync(Contestant(), Stopping);

        Assert.Equal(Options.Keys, _writes);
    }

    [Theory]
    [InlineData("Read")]
    [InlineData("Stale")]
    [InlineData("Write")]
    [InlineData("Mix90")]
    public async Task The_answers_of_the_server_are_counted(string name)
    {
        var operation = Enum.Parse<Operation>(name);

        var result = await LoadRun.MeasureAsync(Contestant(), operation, connections: 4, Options, Stopping);

        // One request a connection may be answered after the end of the measurement.
        var counted = (int)Math.Round(result.OperationsPerSecond * Options.Duration.TotalSeconds);
        Assert.InRange(_reads + _staleReads + _writes - counted, 0, 4);
        Assert.Equal(operation is Operation.Read or Operation.Mix90, _reads > 0);
        Assert.Equal(operation is Operation.Stale, _staleReads > 0);
        Assert.Equal(operation is Operation.Write or Operation.Mix90, _writes > 0);
        Assert.True(result.P50Milliseconds > 0 && result.P50Milliseconds <= result.P99Milliseconds);
        Assert.True(result.MaxMilliseconds >= result.P99Milliseconds);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public async Task Refusals_are_counted_by_status_and_not_as_operations()
    {
        var options = Options with { Keys = 100_000_000 }; // most of which the server does not have

        var result = await LoadRun.MeasureAsync(Contestant(options), Operation.Read, connections: 2, options, Stopping);

        Assert.Equal("404", Assert.Single(result.Errors).Key);
        Assert.InRange(result.Errors["404"], 1, _reads);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_an_error_and_not_a_hang()
    {
        var contestant = Contestant();
        await _server.StopAsync(Stopping);

        var result = await LoadRun.MeasureAsync(contestant, Operation.Read, connections: 2, Options, Stopping);

        Assert.Equal(2, result.Errors["refused"]);
    }

    [Fact]
    public async Task The_table_has_a_line_for_each_measurement_and_a_ratio_to_the_reference()
    {
        var result = await LoadRun.MeasureAsync(Contestant(), Operation.Read, connections: 1, Options, Stopping);
        var twice = result with { Contestant = "faster", OperationsPerSecond = result.OperationsPerSecond * 2 };

        var lines = ResultTable.Format([result, twice], reference: "fake").TrimEnd().Split('\n');

        Assert.Equal(3, lines.Length);
        Assert.StartsWith("target", lines[0], StringComparison.Ordinal);
        Assert.Contains("  1.00  ", lines[1], StringComparison.Ordinal);
        Assert.Contains("  2.00  ", lines[2], StringComparison.Ordinal);
    }

    private static readonly LoadOptions Options = new()
    {
        Duration = TimeSpan.FromMilliseconds(300),
        Warmup = TimeSpan.Zero,
        Keys = 1000,
    };

    private HttpContestant Contestant(LoadOptions? options = null) =>
        new(new Target("fake", new Uri(_server.Urls.Single())), options ?? Options, []);

    private IResult Read(string key, string? consistency)
    {
        Interlocked.Increment(ref consistency == "stale" ? ref _staleReads : ref _reads);
        return key.StartsWith("key-00000", StringComparison.Ordinal)
            ? Results.Bytes(new byte[100])
            : Results.StatusCode((int)HttpStatusCode.NotFound);
    }

    private async Task<IResult> WriteAsync(string key, HttpRequest request)
    {
        Interlocked.Increment(ref _writes);
        using var reader = new StreamReader(request.Body);
        var value = await reader.ReadToEndAsync(Stopping);
        return Results.Json(new { key, value.Length });
    }
}
