using Cloudkeeper.Hosting;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Proxy.Tests;

/// <summary>A gateway's place in the world: a port with HTTP/2, /readyz, and a handler that the test chooses.</summary>
internal sealed class FakeGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private FakeGateway(WebApplication app, RequestDelegate handler)
    {
        _app = app;
        app.MapGet("/readyz", (Delegate)AnswerProbeAsync);
        app.MapFallback("/{**any}", context =>
        {
            Interlocked.Increment(ref _requests);
            return handler(context);
        });
    }

    public bool IsReady { get; set; } = true;

    /// <summary>While it is set, probes are not answered.</summary>
    public bool HoldsProbes { get; set; }

    /// <summary>Probes that were answered with "not ready".</summary>
    public SemaphoreSlim RefusedProbes { get; } = new(0);

    /// <summary>Requests that came in, without probes.</summary>
    public int Requests => _requests;

    public string Address => _app.Urls.Single();

    public static async Task<FakeGateway> StartAsync(RequestDelegate handler, int port = 0)
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddCloudkeeperHosting("fake");
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestLineSize = 64 << 10);
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var gateway = new FakeGateway(builder.Build(), handler);
        await gateway._app.StartAsync();
        return gateway;
    }

    public static RequestDelegate Say(string text) => context => context.Response.WriteAsync(text);

    public static string RawTarget(HttpContext context) =>
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

    /// <summary>The process is gone, as far as anybody can tell: its connection is cut.</summary>
    public static void Die(HttpContext context) =>
        context.Features.GetRequiredFeature<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>().Abort();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        RefusedProbes.Dispose();
    }

    private async Task<IResult> AnswerProbeAsync(HttpContext context)
    {
        while (HoldsProbes)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), context.RequestAborted);
        }

        if (IsReady)
        {
            return Results.Ok();
        }

        RefusedProbes.Release();
        return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }
}
