using Cloudkeeper.Protocol;

namespace Cloudkeeper.Simulation.Gateways.Watches;

/// <summary>What a client asks of the beginning of a watch.</summary>
/// <param name="From">Changes above it.</param>
/// <param name="WithInitial">First what is there now, and then the changes above that.</param>
/// <param name="SnapshotOnGap">Where changes are lost: what is there instead, in place of the end.</param>
internal readonly record struct WatchStart(Revision From, bool WithInitial, bool SnapshotOnGap);
