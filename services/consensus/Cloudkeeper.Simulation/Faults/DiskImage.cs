using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Nodes;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation.Faults;

/// <summary>
/// Invariant I13 at any moment, and not only where a crash happens to come: the disk is copied as a crash, and sometimes
/// rot, would leave it, and recovery is tried on the copy.
/// </summary>
internal static class DiskImage
{
    public static void Check(World world, SimulatedNode node, SimulationRandom random)
    {
        if (node.Process is not { } process)
        {
            return;
        }

        var image = node.Disk.Files.Fork(random.Split()).Crash(random.Split());
        image.CapacityBytes = long.MaxValue;
        var isRotten = node.IsRotten || (random.Chance(0.5) && Rot(image, random));
        try
        {
            var snapshot = new SnapshotStore(image, NodeStorage.Cluster).FindNewest();
            using var log = RaftLogStore.Open(
                image, NodeStorage.LogOptions(world.Options, mayCreate: false), snapshot, out var recovered);
            world.Checks.DiskImage(process, recovered, isRotten);
            world.Totals.Count(Marker.RottenImagesHarmless, isRotten ? 1 : 0);
        }
        catch (StorageCorruptedException) when (isRotten)
        {
            world.Totals.Count(Marker.RottenImagesDetected);
        }
    }

    private static bool Rot(SimulatedFileSystem image, SimulationRandom random)
    {
        var names = image.List().Where(static n => !n.StartsWith("tmp-", StringComparison.Ordinal)).ToList();
        return names.Count > 0 && image.Rot(random.Pick(names), random) is not null;
    }
}
