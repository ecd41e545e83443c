using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>Errors of a disk that goes on living: full, or failing.</summary>
public sealed class FaultTests
{
    private const int Steps = 40;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_disk_that_is_full_at_any_operation_changes_nothing(int seed)
    {
        for (var at = 1; at <= Operations(seed); at++)
        {
            var disk = Disk(seed, at, DiskFault.Full);
            var history = new History(seed, disk);
            history.Run(Steps);
            history.Check(Make.Recover(disk));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_an_error_at_any_operation_the_next_process_finds_all_that_was_synced_and_keeps_it(int seed)
    {
        for (var at = 1; at <= Operations(seed); at++)
        {
            var disk = Disk(seed, at, DiskFault.Error);
            var history = new History(seed, disk);
            Assert.Throws<StorageFailedException>(() => history.Run(Steps));

            var nextProcess = disk.Fork(new Random(at));
            var recovered = Make.Recover(nextProcess);
            history.Check(recovered);
            var afterPowerLoss = Make.Recover(nextProcess.Crash(new Random(at)));
            Assert.Equal(Make.Describe(recovered), Make.Describe(afterPowerLoss));
        }
    }

    [Fact]
    public void A_full_disk_refuses_writes_before_they_begin_and_recovers_when_there_is_room()
    {
        var disk = new SimulatedFileSystem(new Random(1)) { CapacityBytes = 3 * Make.Options.SegmentBytes };
        using var log = Make.Open(disk);
        log.Append(Make.Write(Make.State(1)));
        Assert.Throws<StorageFullException>(() =>
        {
            for (var i = 1; i <= 100; i++)
            {
                log.Append(Make.Entries(Make.Entry(i, 1, new byte[1000])));
            }
        });
        var index = log.LastIndex.Value;
        Assert.InRange(index, 9, 12);
        Assert.Throws<StorageFullException>(() => log.EnsureSpace(2000));
        log.Append(Make.Write(Make.State(2, commit: index, vote: 1)));
        log.Sync();

        disk.CapacityBytes *= 2;
        log.EnsureSpace(2000);
        disk.CapacityBytes /= 2;
        log.Append(Make.Entries(Make.Entry(index + 1, 2, new byte[1000])));
        log.Sync();
        Assert.Equal(index + 1, Make.Recover(disk.Crash(new Random(1))).Entries.Count);
    }

    [Fact]
    public void A_reserve_that_is_too_small_is_replaced()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        using var log = Make.Open(disk);
        log.EnsureSpace(4000);
        log.EnsureSpace(100_000);
        Assert.True(disk.FreeBytes > 0);
        log.Append(Make.Write(Make.State(1), Make.Entry(1, 1, new byte[90_000])));
        log.Sync();
        Assert.Equal(["log-0000000000000001", "log-0000000000000002"], disk.List());
        Assert.Equal(90_000, Make.Recover(disk).Entries.Single().Payload.Length);
    }

    [Fact]
    public void The_reserve_takes_writes_when_the_disk_has_no_more_and_is_kept_anew_when_there_is_room()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        using var log = Make.Open(disk, out _, Make.Options with { SegmentBytes = 64 << 10 });
        log.Append(Make.Write(Make.State(1)));
        Assert.True(log.TryKeepReserve());
        disk.CapacityBytes = disk.UsedBytes;
        var index = 0L;
        while (log.TryKeepReserve())
        {
            log.Append(Make.Entries(Make.Entry(++index, 1, new byte[1000])));
        }

        // So many more find room: a quarter of a segment.
        for (var i = 0; i < 14; i++)
        {
            log.Append(Make.Entries(Make.Entry(++index, 1, new byte[1000])));
        }

        Assert.Throws<StorageFullException>(() =>
        {
            for (var i = 0; i < 3; i++)
            {
                log.Append(Make.Entries(Make.Entry(index + 1 + i, 1, new byte[1000])));
            }
        });
        Assert.False(log.TryKeepReserve());
        disk.CapacityBytes += 64 << 10;
        Assert.True(log.TryKeepReserve());
        log.Append(Make.Entries(Make.Entry(log.LastIndex.Value + 1, 1, new byte[1000])));
        log.Sync();
        Assert.Equal(log.LastIndex.Value, Make.Recover(disk.Crash(new Random(1))).Entries.Count);
    }

    [Fact]
    public void A_segment_takes_the_room_that_there_is_when_there_is_not_enough_for_a_whole_one()
    {
        const int SegmentBytes = 64 << 10;
        var disk = new SimulatedFileSystem(new Random(1)) { CapacityBytes = SegmentBytes + (40 << 10) };
        using var log = Make.Open(disk, out _, Make.Options with { SegmentBytes = SegmentBytes });
        log.Append(Make.Write(Make.State(1), Make.Entry(1, 1, new byte[60_000])));
        log.Append(Make.Entries(Make.Entry(2, 1, new byte[20_000])));
        log.Sync();
        Assert.Equal(2, Make.Recover(disk.Crash(new Random(1))).Entries.Count);
    }

    [Fact]
    public void Growth_ends_before_the_next_snapshot_would_find_no_room_and_begins_again_with_some_more()
    {
        const int SegmentBytes = 4 << 10;
        var disk = new SimulatedFileSystem(new Random(1));
        var snapshots = new SnapshotStore(disk, Make.Cluster);
        Make.StoreSnapshot(snapshots, Make.Snapshot(1, 1), new string('x', 10_000));
        using var log = Make.Open(disk, out _, Make.Options with { SegmentBytes = SegmentBytes });
        var watch = new RoomWatch(disk, log, snapshots, SegmentBytes);
        Assert.Equal(StorageRoom.Plenty, watch.Look());

        var wanted = snapshots.NewestBytes + log.SizeBytes + SegmentBytes;
        Assert.InRange(snapshots.NewestBytes, 10_000, 11_000);
        Leave(wanted);
        Assert.Equal(StorageRoom.Plenty, watch.Look());
        Leave(wanted - 1);
        Assert.Equal(StorageRoom.Low, watch.Look());
        Leave(wanted);
        Assert.Equal(StorageRoom.Low, watch.Look());
        Leave(wanted + (wanted / 4) + 1);
        Assert.Equal(StorageRoom.Plenty, watch.Look());

        void Leave(long bytes) => disk.CapacityBytes = disk.UsedBytes + bytes;
    }

    [Fact]
    public void A_write_that_takes_the_reserve_calls_for_a_look_at_once()
    {
        const int SegmentBytes = 64 << 10;
        var disk = new SimulatedFileSystem(new Random(1));
        using var log = Make.Open(disk, out _, Make.Options with { SegmentBytes = SegmentBytes });
        var watch = new RoomWatch(disk, log, new SnapshotStore(disk, Make.Cluster), SegmentBytes);
        Assert.Equal(StorageRoom.Plenty, watch.Look());
        log.Append(Make.Write(Make.State(1), Make.Entry(1, 1, new byte[60_000])));
        Assert.False(watch.IsDueAfterWrite(StorageRoom.Plenty));
        Assert.True(watch.IsDueAfterWrite(StorageRoom.Full));

        disk.CapacityBytes = disk.UsedBytes;
        log.Append(Make.Entries(Make.Entry(2, 1, new byte[10_000])));
        Assert.True(watch.IsDueAfterWrite(StorageRoom.Plenty));
        Assert.Equal(StorageRoom.Low, watch.Look());
        Assert.False(watch.IsDueAfterWrite(StorageRoom.Low));
    }

    private static SimulatedFileSystem Disk(int seed, int at, DiskFault fault) => new(new Random(seed))
    {
        Inject = o => o.Number == at ? fault : DiskFault.None,
    };

    private static long Operations(int seed)
    {
        var healthy = new SimulatedFileSystem(new Random(seed));
        new History(seed, healthy).Run(Steps);
        return healthy.OperationCount;
    }
}
