using System.Globalization;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Guard;
using Cloudkeeper.Hosting.Security;
using Cloudkeeper.Hosting.Starting;
using Cloudkeeper.Node.Checkpoints;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Feed;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Joining;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Recovery;
using Cloudkeeper.Node.Storage;
using Cloudkeeper.Replica.Feed;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Configuration;

/// <summary>The composition root of a node.</summary>
internal static class NodeServices
{
    /// <summary>Of settings that all processes have, where a node's default is another one.</summary>
    private static readonly KeyValuePair<string, string?>[] Defaults =
    [
        new(
            $"{HostingOptions.Section}:{nameof(HostingOptions.MaxRequestBodyBytes)}",
            BodyLimits.Batch.ToString(CultureInfo.InvariantCulture)),
    ];

    public static void AddNode(this WebApplicationBuilder builder)
    {
        builder.AddCloudkeeperHosting("node");
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });
        builder.AddClusterKey();
        var services = builder.Services;
        services.AddSingleton<IValidateOptions<HostingOptions>, BodyLimits.ServerValidation>();
        services.Configure<BrowserGuardOptions>(static guard => guard.RefusesBrowsers = true);
        services.AddOptions<NodeOptions>()
            .BindConfiguration(NodeOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<NodeOptions>, NodeOptionsValidation>();
        services.AddSingleton(provider => NodeSetup.Create(
            provider.GetRequiredService<IOptions<NodeOptions>>().Value, provider.GetRequiredService<IConfiguration>(), []));
        services.AddSingleton<NodeMetrics>();
        services.AddSingleton<DataDirectory>();
        services.AddSingleton<IStartCheck, DataDirectoryCheck>();
        services.AddSingleton<FeedHub>();
        services.AddSingleton<FeedPlaces>();
        services.AddBackup();
        services.AddSingleton<PeerClient>();
        services.AddSingleton<MemberViews>();
        services.AddSingleton<RaftLog>();
        services.AddSingleton<DigestClient>();
        services.AddSingleton<DigestInquiry>();
        services.AddSingleton<FatalErrors>();
        services.AddHealthChecks()
            .AddCheck<QuorumHealthCheck>("quorum", tags: [CloudkeeperOperations.ReadyTag]);
        AddJoining(services);
    }

    private static void AddJoining(IServiceCollection services)
    {
        services.AddSingleton<ThisNode>();
        services.AddSingleton<IHostSource, MemberHosts>();
        services.AddSingleton<ProgressLog>();
        services.AddSingleton<Invitations>();
        services.AddSingleton<MembershipClient>();
        services.AddSingleton<Founding>();
        services.AddSingleton<Admission>();
        services.AddSingleton<MemberWatch>();
        services.AddSingleton<VoterInquiry>();
        services.AddSingleton<AddressProbe>();
        services.AddSingleton<PeerViolations>();

        // The replica is made once it is known which member this node is; the lifecycle owns it.
        services.AddSingleton<Func<NodeStorage, ReplicaHost>>(provider =>
            storage => ActivatorUtilities.CreateInstance<ReplicaHost>(provider, storage));
        services.AddHostedService<NodeLifecycle>();
    }
}
