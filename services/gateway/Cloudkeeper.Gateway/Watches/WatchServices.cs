using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Gateway.Watches.History;
using Cloudkeeper.Gateway.Watches.Initial;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>The common services of all streams of a gateway.</summary>
internal sealed record WatchServices(
    INodes Nodes,
    ChangeRelay Relay,
    InitialStates InitialStates,
    HistoryReader History,
    TransferPace Pace,
    ChangeReader Changes,
    ProgressClock Progress,
    ProgressFrames ProgressFrames,
    StreamEnd StreamEnd,
    GatewayMetrics Metrics,
    TimeProvider Time);
