using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

public sealed class QuarantineFileTests
{
    private static readonly Quarantine First = new(new Guid("0f7e0c52-91a4-4c5d-8a3e-5b1f54b7c302"), "the log is damaged");

    [Fact]
    public void It_stays_until_it_is_deleted()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        Assert.Null(QuarantineFile.Load(disk));
        QuarantineFile.Save(disk, First);
        disk = disk.Crash(new Random(1));
        Assert.Equal(First, QuarantineFile.Load(disk));

        QuarantineFile.Delete(disk);
        disk = disk.Crash(new Random(1));
        Assert.Null(QuarantineFile.Load(disk));
        QuarantineFile.Delete(disk);
    }

    [Fact]
    public void A_reason_without_end_is_cut()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        QuarantineFile.Save(disk, First with { Reason = new string('x', 1 << 20) });
        Assert.InRange(QuarantineFile.Load(disk)!.Reason.Length, 1_000, 100_000);
    }

    [Fact]
    public void Every_bit_flip_and_every_cut_is_detected()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        QuarantineFile.Save(disk, First);
        var image = DiskImage.Of(disk);
        var length = image[QuarantineFile.Name].Length;
        for (var bit = 0; bit < length * 8; bit++)
        {
            var damaged = image.WithBitFlipped(QuarantineFile.Name, bit).ToDisk();
            Assert.Throws<StorageCorruptedException>(() => QuarantineFile.Load(damaged));
        }

        for (var cut = 0; cut < length; cut++)
        {
            var damaged = image.With(QuarantineFile.Name, b => b[..cut]).ToDisk();
            Assert.Throws<StorageCorruptedException>(() => QuarantineFile.Load(damaged));
        }
    }

    [Fact]
    public void A_crash_at_any_operation_leaves_all_of_it_or_nothing()
    {
        for (var at = 1; at <= 6; at++)
        {
            foreach (var fault in new[] { DiskFault.CrashBefore, DiskFault.CrashDuring, DiskFault.CrashAfter })
            {
                var disk = new SimulatedFileSystem(new Random(at)) { Inject = o => o.Number == at ? fault : DiskFault.None };
                var crash = Record.Exception(() => QuarantineFile.Save(disk, First));
                var after = disk.Crash(new Random(at));
                var found = QuarantineFile.Load(after);
                Assert.True(crash is null ? found == First : found is null || found == First);
                QuarantineFile.Save(after, First);
            }
        }
    }
}
