using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Proxy.Forwarding;

namespace Cloudkeeper.Proxy;

/// <summary>The whole process, for <c>Program</c> and for tests over real sockets.</summary>
internal static class ProxyApplication
{
    public static WebApplication Create(params string[] args)
    {
        var builder = WebApplication.CreateBuilder(StartArguments.Of(args));
        builder.AddCloudkeeperHosting("proxy");
        builder.AddClusterKey(ProxyOptions.AsksNodes);
        builder.Services.AddGatewayProxy();

        var app = builder.Build();
        app.MapCloudkeeperOperations();
        app.MapServiceIndex();
        app.MapReverseProxy(pipeline =>
        {
            pipeline.UseMiddleware<DispatchMiddleware>();
            pipeline.UseLoadBalancing();
            pipeline.UsePassiveHealthChecks();
        });
        return app;
    }
}
