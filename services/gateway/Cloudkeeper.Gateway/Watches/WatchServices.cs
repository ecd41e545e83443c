using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Upstream;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>What all streams of a gateway share.</summary>
internal sealed record WatchServices(
    INodes Nodes,
    ChangeRelay Relay,
    SnapshotReader Snapshots,
    ChangeReader Changes,
    ProgressClock Progress,
    ProgressFrames ProgressFrames,
    GatewayOptions Options,
    GatewayMetrics Metrics,
    TimeProvider Time);
