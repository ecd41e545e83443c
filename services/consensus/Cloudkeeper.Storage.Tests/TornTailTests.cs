using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>What a crash has torn off is cut; what was durable and is damaged is not (bug B-45).</summary>
public sealed class TornTailTests
{
    private static readonly SmallLog Log = new(records: 3, payloadBytes: 100);
    private static readonly RecordPlace Last = Log.Records[^1];

    [Fact]
    public void A_last_record_torn_at_any_byte_is_cut_for_good()
    {
        for (var torn = Last.Start; torn < Last.End; torn++)
        {
            var disk = Log.Image.With(Last.File, bytes => Zero(bytes, torn, Last.End)).ToDisk();
            var lost = Log.Image[Last.File].AsSpan(torn, Last.End - torn);
            var isWhole = !lost.ContainsAnyExcept((byte)0);
            var expected = Log.StateAfter(isWhole ? 3 : 2);
            using (var log = Make.Open(disk, out var recovered))
            {
                Assert.Equal(expected, Make.Describe(recovered));
                Assert.Equal(torn > Last.Start && !isWhole, log.Recovery.Cut is not null);
            }

            using var again = Make.Open(disk, out var second);
            Assert.Equal(expected, Make.Describe(second));
            Assert.Null(again.Recovery.Cut);
        }
    }

    [Fact]
    public void The_cut_is_reported_with_its_place()
    {
        var disk = Log.Image.With(Last.File, bytes => Zero(bytes, Last.End - 20, Last.End)).ToDisk();
        using var log = Make.Open(disk);
        var cut = log.Recovery.Cut;
        Assert.Equal((Last.File, Last.Start), (cut?.File, (int)cut!.Offset));
        Assert.InRange(cut.Bytes, 1, Last.End - Last.Start);
    }

    [Fact]
    public void A_damaged_record_before_a_later_sync_is_damage()
    {
        var middle = Log.Records[1];
        var damaged = Log.Image.With(middle.File, b => Zero(b, middle.Start + 40, middle.Start + 80));
        var error = Assert.Throws<StorageCorruptedException>(() => Make.Recover(damaged.ToDisk()));
        Assert.Equal((middle.File, (long)middle.Start), (error.File, error.Offset));
        Assert.Contains("take it in again as a new member", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_whole_zeroed_record_before_a_later_sync_is_damage()
    {
        var middle = Log.Records[1];
        Assert.Throws<StorageCorruptedException>(
            () => Make.Recover(Log.Image.With(middle.File, b => Zero(b, middle.Start, middle.End)).ToDisk()));
    }

    [Fact]
    public void A_lost_write_before_a_kept_one_is_a_torn_tail_when_neither_was_synced()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        using (var log = Make.Open(disk))
        {
            log.Append(Make.Write(Make.State(1), Make.Entry(1, 1)));
            log.Sync();
            log.Append(Make.Entries(Make.Entry(2, 1)));
            log.Append(Make.Entries(Make.Entry(3, 1)));
            log.Append(Make.Entries(Make.Entry(4, 1)));
        }

        // Records: 1 synced, then 2, 3, 4. Of these 3 has not reached the disk.
        var image = DiskImage.Of(disk);
        var size = (int)RaftLogStore.SpaceFor(Make.Entries(Make.Entry(2, 1)));
        var end = Roundup(image[SmallLog.First].AsSpan().LastIndexOfAnyExcept((byte)0) + 1);
        var crashed = image.With(SmallLog.First, b => Zero(b, end - (2 * size), end - size)).ToDisk();

        Assert.Equal([1L, 2L], Make.Recover(crashed).Entries.Select(e => e.Index.Value));
        Assert.Equal([1L, 2L], Make.Recover(crashed).Entries.Select(e => e.Index.Value));
    }

    [Fact]
    public void A_record_that_comes_back_from_the_dead_does_not_continue_newer_records()
    {
        var disk = Log.Image.With(Last.File, b => Zero(b, Log.Records[1].Start, Last.End)).ToDisk();
        using (var log = Make.Open(disk))
        {
            log.Append(Make.Write(Make.State(2, commit: 1), Make.Entry(2, 2, new byte[100])));
            log.Sync();
        }

        // The third record of the old log again, exactly behind the new second one.
        var haunted = DiskImage.Of(disk).With(Last.File, b =>
        {
            Log.Image[Last.File].AsSpan(Last.Start..Last.End).CopyTo(b.AsSpan(Last.Start));
            return b;
        });
        Assert.Equal(["1@1", "2@2"], Make.Recover(haunted.ToDisk()).Entries.Select(e => $"{e.Index}@{e.Term}"));
    }

    [Fact]
    public void Records_that_a_failed_sync_has_dropped_are_written_again_by_the_next_process()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        var log = Make.Open(disk);
        log.Append(Make.Write(Make.State(1), Make.Entry(1, 1)));
        disk.Inject = o => o.Operation == DiskOperation.Sync ? DiskFault.Error : DiskFault.None;
        Assert.Throws<StorageFailedException>(log.Sync);
        disk.Inject = _ => DiskFault.None;
        Assert.Throws<StorageFailedException>(log.Sync);
        Assert.Throws<StorageFailedException>(() => log.Append(Make.Entries(Make.Entry(2, 1))));

        var nextProcess = disk.Fork(new Random(1));
        Assert.Single(Make.Recover(nextProcess).Entries);
        Assert.Single(Make.Recover(nextProcess.Crash(new Random(1))).Entries);
    }

    private static int Roundup(int value) => (value + RecordHeader.Alignment - 1) & ~(RecordHeader.Alignment - 1);

    private static byte[] Zero(byte[] bytes, int from, int to)
    {
        bytes.AsSpan(from, to - from).Clear();
        return bytes;
    }
}
