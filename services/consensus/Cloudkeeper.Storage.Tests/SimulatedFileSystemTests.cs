using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

public sealed class SimulatedFileSystemTests : FileSystemConformance
{
    private readonly SimulatedFileSystem _disk = new(new Random(1));

    protected override IFileSystem Files => _disk;

    [Fact]
    public void Synced_bytes_survive_every_crash()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        file.Write(0, "hello"u8);
        file.FullSync();
        _disk.SyncDirectory();
        for (var seed = 0; seed < 100; seed++)
        {
            Assert.Equal("hello", Read(_disk.Crash(new Random(seed)), "a"));
        }
    }

    [Fact]
    public void Unsynced_bytes_may_be_kept_lost_zero_or_torn()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        _disk.SyncDirectory();
        file.Write(0, "hello"u8);
        var found = Images().Select(d => Read(d, "a")).ToHashSet(StringComparer.Ordinal);
        Assert.Contains("hello", found);
        Assert.Contains("", found);
        Assert.Contains("hel", found);
        Assert.Contains("\0\0\0\0\0", found);
    }

    [Fact]
    public void A_write_that_finds_no_more_room_on_its_way_has_had_a_part_of_its_effect()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        _disk.Inject = static _ => DiskFault.Full;
        Assert.Throws<StorageFullException>(() => file.Write(0, "abcd"u8));
        Assert.Equal("ab", Read(_disk, "a"));
    }

    [Fact]
    public void Unsynced_writes_survive_independently()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        file.Allocate(2);
        file.FullSync();
        _disk.SyncDirectory();
        file.Write(0, "1"u8);
        file.Write(1, "2"u8);
        var found = Images().Select(d => Read(d, "a")).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(["\0\0", "\02", "1\0", "12"], found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_name_is_durable_only_after_the_sync_of_the_directory()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        file.FullSync();
        Assert.Equal([0, 1], Images().Select(d => d.List().Count).Distinct().Order());
        _disk.SyncDirectory();
        _disk.Rename("a", "b");
        Assert.Equal(["a", "b"], Images().Select(d => d.List().Single()).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_failed_sync_forgets_the_waiting_writes_although_they_stay_visible()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        _disk.SyncDirectory();
        file.Write(0, "hello"u8);
        _disk.Inject = o => o.Operation == DiskOperation.Sync ? DiskFault.Error : DiskFault.None;
        Assert.Throws<StorageFailedException>(file.DataSync);
        _disk.Inject = _ => DiskFault.None;
        file.DataSync();

        Assert.Equal("hello", Read(_disk, "a"));
        Assert.All(Images(), d => Assert.Equal("", Read(d, "a")));
    }

    [Fact]
    public void A_fork_shares_nothing_and_still_waits_for_its_syncs()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        _disk.SyncDirectory();
        file.Write(0, "hello"u8);
        var fork = _disk.Fork(new Random(1));
        file.Write(0, "HELLO"u8);

        Assert.Equal("hello", Read(fork, "a"));
        Assert.Contains(Enumerable.Range(0, 50), s => Read(fork.Crash(new Random(s)), "a").Length == 0);
    }

    [Fact]
    public void Nothing_works_after_the_crash()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        _disk.Inject = _ => DiskFault.CrashBefore;
        Assert.Throws<SimulatedCrashException>(() => file.Write(0, "x"u8));
        _disk.Inject = _ => DiskFault.None;
        Assert.Throws<SimulatedCrashException>(() => file.Write(0, "x"u8));
        Assert.Throws<SimulatedCrashException>(() => _disk.List());
    }

    [Fact]
    public void A_small_disk_gets_full_and_has_room_again_after_a_deletion()
    {
        _disk.CapacityBytes = 10;
        using var file = _disk.Open("a", FileOpening.CreateNew);
        file.Allocate(8);
        using var other = _disk.Open("b", FileOpening.CreateNew);
        Assert.Throws<StorageFullException>(() => other.Write(0, "abc"u8));
        Assert.Equal(0, other.Length);
        _disk.Delete("a");
        other.Write(0, "abc"u8);
    }

    [Fact]
    public void The_same_seed_gives_the_same_image()
    {
        using var file = _disk.Open("a", FileOpening.CreateNew);
        file.Write(0, new byte[5000]);
        file.Write(100, "hello"u8);
        for (var seed = 0; seed < 20; seed++)
        {
            Assert.Equal(Dump(_disk.Crash(new Random(seed))), Dump(_disk.Crash(new Random(seed))));
        }
    }

    private static string Dump(SimulatedFileSystem disk) =>
        string.Join(';', disk.List().Select(n => n + "=" + Read(disk, n)));

    private static string Read(SimulatedFileSystem disk, string name)
    {
        using var file = disk.Open(name, FileOpening.Existing);
        var bytes = new byte[file.Length];
        file.Read(0, bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private IEnumerable<SimulatedFileSystem> Images() =>
        Enumerable.Range(0, 200).Select(s => _disk.Fork(new Random(s)).Crash(new Random(s)));
}
