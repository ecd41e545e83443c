using Cloudkeeper.Simulation.Bugs.Catalogue;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>
/// The bugs of services/RULES.md, as far as the same mistake can be made here, and what a hostile peer would need.
/// </summary>
internal static class BugCatalogue
{
    /// <summary>The number of the last bug in section 2.7.</summary>
    public const int LastNumber = 76;

    public static IReadOnlyList<PlantedBug> Planted { get; } =
    [
        .. Elections.Planted, .. Replication.Planted, .. Reads.Planted, .. Disks.Planted, .. Snapshots.Planted,
        .. Memberships.Planted, .. Sessions.Planted, .. Retries.Planted, .. Watches.Planted,
        .. Caches.Planted, .. Peers.Planted, .. Bounds.Planted,
    ];

    public static IReadOnlyList<OtherBug> Elsewhere { get; } = Catalogue.Elsewhere.All;
}
