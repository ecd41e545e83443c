using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Cache;
using Cloudkeeper.Gateway.Cluster;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Locks;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Registration;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Gateway.Transactions;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Gateway.Watches;
using Cloudkeeper.Gateway.Watches.History;
using Cloudkeeper.Gateway.Watches.Initial;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Guard;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Hosting.Security;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Gateway;

/// <summary>The composition root.</summary>
internal static class GatewayServices
{
    public static void AddGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<StreamEnd>();
        services.AddHostedService(static provider => provider.GetRequiredService<StreamEnd>());
        builder.AddCloudkeeperHosting("gateway");
        builder.AddClusterKey();
        services.AddOptions<GatewayOptions>()
            .Configure<IConfiguration>(static (options, configuration) =>
            {
                var section = configuration.GetSection(GatewayOptions.Section);
                section.Bind(options);
                AddSeparated(options.Nodes, section[nameof(GatewayOptions.Nodes)]);
            })
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<GatewayOptions>, GatewayOptionsValidator>();
        services.AddSingleton<IValidateOptions<GatewayOptions>, RedisKeyValidator>();
        services.AddSingleton<IValidateOptions<GatewayOptions>, OwnAddressValidation>();
        services.AddSingleton(static provider => provider.GetRequiredService<IOptions<GatewayOptions>>().Value);
        services.PostConfigure<KestrelServerOptions>(RequestGuard.Relax);
        services.TryAddSingleton(Random.Shared);
        services.AddSingleton<GatewayMetrics>();
        services.TryAddSingleton<INodeTransport, HttpNodeTransport>();
        services.AddSingleton(static provider =>
            new NodeDirectory(provider.GetRequiredService<GatewayOptions>().NodeAddresses));
        services.TryAddSingleton<INodes, HttpNodes>();
        services.TryAddSingleton<IClusterNodes, ClusterNodes>();
        services.AddSingleton<ClusterLevel>();
        services.AddSingleton<IHostSource, MemberHosts>();
        services.AddHostedService<NodeDiscovery>();
        services.AddSingleton<BodyReader>();
        services.AddSingleton<Mutations>();
        services.AddSingleton<ConsistentReads>();
        services.AddSingleton<WaitSlots>();
        services.AddSingleton<NodeWaits>();
        services.AddSingleton<NodeReads>();
        services.AddSingleton<NodeWrites>();
        services.AddSingleton(static provider =>
        {
            var options = provider.GetRequiredService<GatewayOptions>();
            var budget = provider.GetRequiredService<MemoryBudget>();
            return new ChangeRelay(
                new WatchLimits(
                    options.WatchEventsMax, options.WatchBytesMax, options.RecentChangesMax, options.RecentBytesMax)
                {
                    AllBytesMax = budget.BytesMaxOf(MemoryUse.WaitingChanges),
                },
                budget,
                provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<FeedProgress>();
        services.AddSingleton(static provider => new NodeCache(provider.GetRequiredService<GatewayOptions>().CacheBytes));
        services.AddSingleton<WatchPump>();
        services.AddHostedService(static provider => provider.GetRequiredService<WatchPump>());
        services.AddSingleton<FeedIntake>();
        services.AddSingleton<FeedSpeaker>();
        services.AddHostedService(static provider => provider.GetRequiredService<FeedSpeaker>());
        services.AddSingleton<FeedListener>();
        services.AddHostedService(static provider => provider.GetRequiredService<FeedListener>());
        services.AddHostedService<FeedFollower>();
        services.AddHostedService<FreshnessKeeper>();
        services.AddSingleton<RedisConnection>();
        services.AddHostedService(static provider => provider.GetRequiredService<RedisConnection>());
        services.AddSingleton<RedisSeal>();
        services.AddSingleton<RedisStore>();
        services.AddSingleton<SharedNodes>();
        services.AddSingleton<ChangeCache>();
        services.AddSingleton<ChangeReader>();
        services.AddSingleton<HistoryReader>();
        services.AddSingleton<InitialRoom>();
        services.AddSingleton<InitialStateReader>();
        services.AddSingleton<InitialStates>();
        services.AddSingleton(static provider => new ProgressClock(
            provider.GetRequiredService<GatewayOptions>().ProgressInterval,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<StreamEnd>().Token));
        services.AddSingleton<ProgressFrames>();
        services.AddSingleton<WatchSlots>();
        services.AddSingleton<WatchServices>();
        services.AddSingleton<WatchEndpoints>();
        services.AddSingleton<SessionHandlers>();
        services.AddSingleton<TransactionEndpoints>();
        services.AddSingleton<TicketWaits>();
        services.AddSingleton<LockHandlers>();
        services.AddSingleton<ClusterChanges>();
        services.AddSingleton<ClusterDecisions>();
        services.AddSingleton<ClusterHandlers>();
        services.AddSingleton<BackupHandler>();
        services.AddHostedService<GatewayRegistration>();
        services.AddSingleton(static provider => new ProvenAddress(
            provider.GetRequiredService<ClusterAccess>(),
            () => OwnAddress.Now(
                provider.GetRequiredService<GatewayOptions>(),
                provider.GetRequiredService<IConfiguration>(),
                provider.GetRequiredService<IServer>()) ?? ""));
        services.AddDescribedOpenApi();
        services.AddHealthChecks()
            .AddCheck<QuorumHealthCheck>("quorum", HealthStatus.Unhealthy, [CloudkeeperOperations.ReadyTag])
            .AddCheck<FeedHealthCheck>("feed", HealthStatus.Unhealthy, [CloudkeeperOperations.ReadyTag])
            .AddCheck<RedisHealthCheck>("redis", HealthStatus.Degraded, [CloudkeeperOperations.ReadyTag]);
    }

    public static void UseGateway(this WebApplication app)
    {
        app.UseMiddleware<RequestMiddleware>();
        app.UseMiddleware<SharedConnectionBodies>();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseMiddleware<RequestGuard>();
        app.UseRouting();
        app.UseMiddleware<RequestRules>();
        app.UseMiddleware<UnaskedBodies>();
        app.MapCloudkeeperOperations();
        app.MapNodes();
        app.Services.GetRequiredService<TransactionEndpoints>().Map(app);
        app.MapSessions();
        app.Services.GetRequiredService<WatchEndpoints>().Map(app);
        app.MapLocks();
        app.MapCluster();
        app.MapOpenApi(OpenApiDescription.Route).WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
        Observe(app.Services);
    }

    /// <summary>The gauges that are read by each scrape.</summary>
    private static void Observe(IServiceProvider services)
    {
        var metrics = services.GetRequiredService<GatewayMetrics>();
        var watches = services.GetRequiredService<WatchSlots>();
        var cache = services.GetRequiredService<NodeCache>();
        var progress = services.GetRequiredService<FeedProgress>();
        var waits = services.GetRequiredService<WaitSlots>();
        metrics.ObserveWatches(() => watches.Count);
        metrics.ObserveWaits(() => waits.Count);
        metrics.ObserveCache(() => cache.Bytes, () => cache.Count);
        metrics.ObserveFeed(() => progress.Revision.Value, () => progress.Age.TotalSeconds);
        metrics.ObserveFreshness(() => progress.Behind, () => progress.Staleness?.TotalSeconds ?? double.NaN);
    }

    private static void AddSeparated(IList<string> nodes, string? text)
    {
        const StringSplitOptions Tidy = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (var node in (text ?? "").Split(',', Tidy))
        {
            nodes.Add(node);
        }
    }
}
