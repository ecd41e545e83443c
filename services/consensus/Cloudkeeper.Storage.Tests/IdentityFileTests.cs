using System.Buffers.Binary;
using Cloudkeeper.Raft;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

public sealed class IdentityFileTests
{
    private static readonly Guid Instance = new("7a1f6d0e-4d7b-4d0c-9a53-2b1c0f6e8d01");
    private static readonly NodeIdentity NoCluster = NodeIdentity.WithoutCluster(Instance);
    private static readonly NodeIdentity Identity = new(Make.Cluster, new NodeId(3)) { Instance = Instance };

    [Fact]
    public void It_is_there_once_it_is_saved()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        Assert.Null(IdentityFile.Load(disk));
        IdentityFile.Save(disk, NoCluster);
        disk = disk.Crash(new Random(1));
        Assert.Equal(NoCluster, IdentityFile.Load(disk));
        IdentityFile.Save(disk, Identity);
        Assert.Equal(Identity, IdentityFile.Load(disk.Crash(new Random(1))));
    }

    [Fact]
    public void Its_content_is_completed_and_never_changed()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        IdentityFile.Save(disk, NoCluster);
        Refuses(Identity with { Instance = Make.Cluster });
        IdentityFile.Save(disk, Identity);
        IdentityFile.Save(disk, Identity);
        Refuses(NoCluster);
        Refuses(Identity with { Node = new NodeId(4) });
        Refuses(Identity with { ClusterId = Instance });
        Refuses(Identity with { Instance = Make.Cluster });
        Assert.Equal(Identity, IdentityFile.Load(disk));

        void Refuses(NodeIdentity other) =>
            Assert.Throws<InvariantViolationException>(() => IdentityFile.Save(disk, other));
    }

    [Fact]
    public void A_member_of_version_1_is_given_its_instance()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        IdentityFile.Save(disk, new NodeIdentity(Make.Cluster, new NodeId(3)));
        IdentityFile.Save(disk, Identity);
        Assert.Equal(Identity, IdentityFile.Load(disk));
    }

    [Fact]
    public void A_crash_at_any_operation_leaves_the_whole_new_file_or_the_old_one()
    {
        foreach (var before in new[] { null, NoCluster })
        {
            for (var at = 1; at <= 6; at++)
            {
                foreach (var fault in new[] { DiskFault.CrashBefore, DiskFault.CrashDuring, DiskFault.CrashAfter })
                {
                    for (var image = 0; image < 20; image++)
                    {
                        var (disk, crash) = SaveWithCrash(before, at, fault);
                        var after = disk.Crash(new Random(image));
                        var found = IdentityFile.Load(after);
                        Assert.True(crash is null ? found == Identity : found == before || found == Identity);
                        IdentityFile.Save(after, Identity);
                        Assert.Equal(Identity, IdentityFile.Load(after));
                    }
                }
            }
        }
    }

    [Fact]
    public void One_of_a_newer_version_is_told_from_a_damaged_one()
    {
        var newer = new byte[90];
        "CKRAFTID"u8.CopyTo(newer);
        newer[8] = 3;
        BinaryPrimitives.WriteUInt32LittleEndian(newer.AsSpan(12), Crc32C.Of(newer));

        var found = Assert.Throws<StorageVersionException>(
            () => IdentityFile.Load(new DiskImage { [IdentityFile.Name] = newer }.ToDisk()));

        Assert.Equal(3, found.Found);
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

    private static (SimulatedFileSystem Disk, Exception? Crash) SaveWithCrash(NodeIdentity? before, int at, DiskFault fault)
    {
        var disk = new SimulatedFileSystem(new Random(at));
        if (before is not null)
        {
            IdentityFile.Save(disk, before);
        }

        var first = disk.OperationCount;
        disk.Inject = o => o.Number == first + at ? fault : DiskFault.None;
        return (disk, Record.Exception(() => IdentityFile.Save(disk, Identity)));
    }
}
