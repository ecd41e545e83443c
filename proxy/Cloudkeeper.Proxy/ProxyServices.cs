using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Guard;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Proxy.Forwarding;
using Cloudkeeper.Proxy.Gateways;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;

namespace Cloudkeeper.Proxy;

/// <summary>The parts of the proxy.</summary>
internal static class ProxyServices
{
    /// <summary>Of YARP, for each answer that it copies.</summary>
    private const int CopyBufferBytes = 64 << 10;

    public static IServiceCollection AddGatewayProxy(this IServiceCollection services)
    {
        services.AddOptions<ProxyOptions>().BindConfiguration(ProxyOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ProxyOptions>, ProxyOptionsValidator>();

        services.PostConfigure<KestrelServerOptions>(RelaxHeaderLimits);
        services.AddSingleton(static provider => new AnswerPace(
            provider.GetRequiredService<TransferPace>(), provider.GetRequiredService<MemoryBudget>())
        {
            BytesBehind = UpstreamClientFactory.StreamWindowBytes + CopyBufferBytes,
        });
        services.AddSingleton<IForwarderHttpClientFactory, UpstreamClientFactory>();
        services.AddSingleton<IPassiveHealthCheckPolicy, LostConnectionPolicy>();
        services.AddSingleton<GatewayProofs>();
        services.AddSingleton<IProbingRequestFactory, ProbeFactory>();
        services.AddSingleton<IActiveHealthCheckPolicy, ProvenReadyPolicy>();
        services.AddSingleton<IAvailableDestinationsPolicy, SeenReadyPolicy>();
        services.AddSingleton<IProxyConfigProvider>(provider => provider.GetRequiredService<InMemoryConfigProvider>());
        services.AddSingleton(provider => new InMemoryConfigProvider(
            GatewayCluster.Routes, GatewayCluster.Of(StaticGateways(provider.GetRequiredService<IOptions<ProxyOptions>>()))));
        services.AddReverseProxy().AddTransforms<UnchangedTransform>();

        // YARP brings them for policies of routes. Here gateways decide on permissions; the web application's step for
        // them would be taken for each request without any to apply.
        services.RemoveAll<IAuthorizationHandlerProvider>();

        services.AddHostedService<GatewayDiscovery>();
        services.AddSingleton<IHostSource, GatewayHosts>();
        services.AddSingleton<ProxyMetrics>();
        services.AddHealthChecks()
            .AddCheck<GatewaysHealthCheck>("gateways", HealthStatus.Unhealthy, [CloudkeeperOperations.ReadyTag]);
        return services;
    }

    /// <summary>Twice the limits of gateways: they refuse with a document, the web server here would without.</summary>
    private static void RelaxHeaderLimits(KestrelServerOptions server)
    {
        // What it reads ahead on one connection, or of one body: no budget counts it.
        server.Limits.MaxRequestBufferSize = 128 << 10;
        server.Limits.Http2.InitialStreamWindowSize = 128 << 10;
        server.Limits.MaxRequestLineSize = 64 << 10;
        server.Limits.MaxRequestHeadersTotalSize = 64 << 10;
        server.Limits.MaxRequestHeaderCount = 200;
        server.Limits.Http2.MaxRequestHeaderFieldSize = 64 << 10;
    }

    private static IReadOnlyList<Uri> StaticGateways(IOptions<ProxyOptions> options) =>
        AddressList.Parse(options.Value.Gateways);
}
