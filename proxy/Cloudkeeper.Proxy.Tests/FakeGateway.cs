using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Hosting.Security;
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

    /// <summary>The address for which it answers challenges; null: its own. Empty: it does not know the cluster key.</summary>
    public string? ProvenAddress { get; set; }

    /// <summary>Which challenge it answers in the place of the one that it was given.</summary>
    public Func<string, string> Challenged { get; set; } = challenge => challenge;

    /// <summary>Probes that were answered, with any status.</summary>
    public SemaphoreSlim Probes { get; } = new(0);

    /// <summary>While it is set, probes are not answered.</summary>
    public bool HoldsProbes { get; set; }

    /// <summary>Probes that were answered with "not ready".</summary>
    public SemaphoreSlim RefusedProbes { get; } = new(0);

    /// <summary>Requests that came in, without probes.</summary>
    public int Requests => _requests;

    public MemoryBudget Budget => _app.Services.GetRequiredService<MemoryBudget>();

    /// <summary>How many answers wait until they are taken.</summary>
    public int Waiting => _app.Services.GetRequiredService<TransferPace>().Count;

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

    /// <summary>The process is gone, as far as a client can tell: its connection is cut.</summary>
    public static void Die(HttpContext context) =>
        context.Features.GetRequiredFeature<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>().Abort();

    /// <summary>
    /// The proxy has judged the gateway by its present answers: it does so before it sends the next probe. The first of
    /// three may have been under way.
    /// </summary>
    public async Task UntilJudgedAsync()
    {
        while (await Probes.WaitAsync(0, TestContext.Current.CancellationToken))
        {
            // Of earlier.
        }

        for (var i = 0; i < 3; i++)
        {
            await Probes.WaitAsync(TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        RefusedProbes.Dispose();
        Probes.Dispose();
    }

    private async Task<IResult> AnswerProbeAsync(HttpContext context)
    {
        while (HoldsProbes)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), context.RequestAborted);
        }

        Prove(context);
        Probes.Release();
        if (IsReady)
        {
            return Results.Ok();
        }

        RefusedProbes.Release();
        return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
    }

    private void Prove(HttpContext context)
    {
        var address = ProvenAddress ?? Address;
        if (address.Length > 0 && context.Request.Headers[KeyProof.ChallengeHeader] is [{ } challenge])
        {
            context.Response.Headers[KeyProof.AddressHeader] = address;
            context.Response.Headers[KeyProof.ProofHeader] =
                KeyProof.Of(ClusterKey.TryParse(TestClusterKey.Base64)!, Challenged(challenge), address);
        }
    }
}
