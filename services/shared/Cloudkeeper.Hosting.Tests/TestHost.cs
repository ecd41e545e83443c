using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Hosting.Tests;

/// <summary>A process's worth of Cloudkeeper.Hosting on a free loopback port, over real sockets.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private TestHost(WebApplication app)
    {
        App = app;
        Address = new Uri(app.Urls.Single());
    }

    public WebApplication App { get; }

    public Uri Address { get; }

    public static async Task<TestHost> StartAsync(
        Action<WebApplicationBuilder>? configure = null, Action<KestrelServerLimits>? limits = null, params string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.AddCloudkeeperHosting("test");
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.PostConfigure<KestrelServerOptions>(kestrel => limits?.Invoke(kestrel.Limits));
        configure?.Invoke(builder);
        var app = builder.Build();
        app.MapCloudkeeperOperations();
        app.Map("/request", (Delegate)DescribeAsync);
        await app.StartAsync();
        return new TestHost(app);
    }

    public async ValueTask DisposeAsync() => await App.DisposeAsync();

    /// <summary>How the application sees a request, body included.</summary>
    private static async Task<string> DescribeAsync(HttpContext context)
    {
        using var body = new StreamReader(context.Request.Body);
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var request = context.Request;
        return $"{request.Protocol} {request.Scheme} {request.IsHttps} {request.Method} {target} {await body.ReadToEndAsync()}";
    }
}
