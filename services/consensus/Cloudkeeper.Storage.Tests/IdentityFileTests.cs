using Cloudkeeper.Raft;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

public sealed class IdentityFileTests
{
    private static readonly NodeIdentity Identity = new(Make.Cluster, new NodeId(3));

    [Fact]
    public void It_is_there_once_it_is_saved()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        Assert.Null(IdentityFile.Load(disk));
        IdentityFile.Save(disk, Identity);
        Assert.Equal(Identity, IdentityFile.Load(disk.Crash(new Random(1))));
    }

    [Fact]
    public void It_is_written_only_once()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        IdentityFile.Save(disk, Identity);
        Assert.Throws<InvariantViolationException>(() => IdentityFile.Save(disk, Identity));
    }

    [Fact]
    public void A_crash_at_any_operation_leaves_all_of_it_or_nothing()
    {
        for (var at = 1; at <= 6; at++)
        {
            foreach (var fault in new[] { DiskFault.CrashBefore, DiskFault.CrashDuring, DiskFault.CrashAfter })
            {
                for (var image = 0; image < 20; image++)
                {
                    var disk = new SimulatedFileSystem(new Random(at))
                    {
                        Inject = o => o.Number == at ? fault : DiskFault.None,
                    };
                    var crash = Record.Exception(() => IdentityFile.Save(disk, Identity));
                    var after = disk.Crash(new Random(image));
                    var found = IdentityFile.Load(after);
                    Assert.True(crash is null ? found == Identity : found is null || found == Identity);
                    if (found is null)
                    {
                        IdentityFile.Save(after, Identity);
                    }
                }
            }
        }
    }

    [Fact]
    public void Every_bit_flip_and_every_cut_is_detected()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        IdentityFile.Save(disk, Identity);
        var image = DiskImage.Of(disk);
        var length = image[IdentityFile.Name].Length;
        for (var bit = 0; bit < length * 8; bit++)
        {
            var damaged = image.WithBitFlipped(IdentityFile.Name, bit).ToDisk();
            Assert.Throws<StorageCorruptedException>(() => IdentityFile.Load(damaged));
        }

        for (var cut = 0; cut < length; cut++)
        {
            var damaged = image.With(IdentityFile.Name, b => b[..cut]).ToDisk();
            Assert.Throws<StorageCorruptedException>(() => IdentityFile.Load(damaged));
        }
    }
}
