using Cloudkeeper.Hosting;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Feed;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Metrics;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Node.Storage;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Node.Configuration;

/// <summary>The composition root of a node.</summary>
internal static class NodeServices
{
    public static void AddNode(this WebApplicationBuilder builder)
    {
        builder.AddCloudkeeperHosting("node");
        var services = builder.Services;
        services.AddOptions<NodeOptions>()
            .BindConfiguration(NodeOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<NodeOptions>, InitialMembers>();
        services.AddSingleton<NodeMetrics>();
        services.AddSingleton<NodeStorage>();
        services.AddSingleton<FeedHub>();
        services.AddSingleton<PeerClient>();
        services.AddSingleton<SnapshotTransfers>();
        services.AddSingleton<RaftLog>();
        services.AddSingleton<FatalErrors>();
        services.AddSingleton<ReplicaHost>();
        services.AddHostedService<ReplicaService>();
        services.AddHealthChecks()
            .AddCheck<QuorumHealthCheck>("quorum", tags: [CloudkeeperOperations.ReadyTag]);
    }
}
