using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Serving;
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
    StreamEnd StreamEnd,
    GatewayMetrics Metrics,
    TimeProvider Time);
