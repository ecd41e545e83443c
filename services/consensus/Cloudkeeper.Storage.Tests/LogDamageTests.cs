using System.Buffers.Binary;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>Damage to a log that was durable: detected, or without effect. Exhaustive where it can be.</summary>
public sealed class LogDamageTests
{
    private static readonly SmallLog OneSegment = new(records: 10, payloadBytes: 20);
    private static readonly SmallLog ManySegments = new(records: 10, payloadBytes: 1500);

    [Fact]
    public void Every_single_bit_flip_is_detected_or_harmless()
    {
        var bits = OneSegment.Image[SmallLog.First].Length * 8;
        for (var bit = 0; bit < bits; bit++)
        {
            RequireDetectedOrHarmless(OneSegment, OneSegment.Image.WithBitFlipped(SmallLog.First, bit));
        }
    }

    [Fact]
    public void Every_bit_flip_in_the_headers_and_around_the_records_of_many_segments_is_detected_or_harmless()
    {
        foreach (var (file, _, start, end) in ManySegments.Records)
        {
            long[] places = [0, start, start + RecordHeader.Size, end - 32, end, end + 64];
            foreach (var bit in places.SelectMany(p => Enumerable.Range((int)p * 8, 256)))
            {
                if (bit < ManySegments.Image[file].Length * 8)
                {
                    RequireDetectedOrHarmless(ManySegments, ManySegments.Image.WithBitFlipped(file, bit));
                }
            }
        }
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_damage()
    {
        for (var length = 0; length < OneSegment.Image[SmallLog.First].Length; length++)
        {
            Assert.Throws<StorageCorruptedException>(
                () => Make.Recover(OneSegment.Image.With(SmallLog.First, b => b[..length]).ToDisk()));
        }
    }

    [Fact]
    public void Two_swapped_segments_are_damage() => Assert.Throws<StorageCorruptedException>(
        () => Make.Recover(ManySegments.Image.Swapped(SmallLog.First, SmallLog.Second).ToDisk()));

    [Fact]
    public void A_segment_missing_at_the_beginning_is_damage() => Assert.Throws<StorageCorruptedException>(
        () => Make.Recover(ManySegments.Image.Without(SmallLog.First).ToDisk()));

    [Fact]
    public void A_segment_missing_in_the_middle_is_damage()
    {
        var error = Assert.Throws<StorageCorruptedException>(
            () => Make.Recover(ManySegments.Image.Without(SmallLog.Second).ToDisk()));
        Assert.Equal(SmallLog.Second, error.File);
    }

    [Fact]
    public void A_closed_segment_without_its_last_record_is_damage()
    {
        var last = ManySegments.Records.Last(r => r.File == SmallLog.First);
        var error = Assert.Throws<StorageCorruptedException>(
            () => Make.Recover(ManySegments.Image.With(SmallLog.First, b =>
            {
                b.AsSpan(last.Start).Clear();
                return b;
            }).ToDisk()));
        Assert.Equal((SmallLog.First, (long)last.Start), (error.File, error.Offset));
    }

    [Fact]
    public void A_closed_segment_without_a_last_record_that_moved_neither_index_nor_hard_state_is_damage()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        using (var log = Make.Open(disk))
        {
            log.Append(Make.Write(Make.State(2), Make.Entry(1, 1, "old")));
            log.Append(Make.Entries(Make.Entry(1, 2, "new")));
            log.Append(Make.Entries(Make.Entry(2, 2, new byte[3900])));
            log.Sync();
        }

        var lost = (int)RaftLogStore.SpaceFor(Make.Entries(Make.Entry(1, 2, "new")));
        var damaged = DiskImage.Of(disk).With(SmallLog.First, b =>
        {
            b.AsSpan(b.AsSpan().LastIndexOfAnyExcept((byte)0) - lost + RecordHeader.Alignment).Clear();
            return b;
        });
        Assert.Contains(SmallLog.Second, damaged.Names);
        Assert.Throws<StorageCorruptedException>(() => Make.Recover(damaged.ToDisk()));
    }

    public static TheoryData<int> Lengths() =>
    [
        0, 1, int.MaxValue, int.MinValue, -1, 4096, 4096 - 128,
        4096 - 128 - RecordHeader.Size, 4096 - 127 - RecordHeader.Size,
    ];

    [Theory]
    [MemberData(nameof(Lengths))]
    public void An_impossible_length_is_never_believed(int length)
    {
        foreach (var withChecksum in new[] { false, true })
        {
            for (var i = 0; i < OneSegment.Records.Count; i++)
            {
                var place = OneSegment.Records[i];
                var damaged = OneSegment.Image.With(place.File, b => WithLength(b, place, length, withChecksum));
                RequireDetectedOrHarmless(OneSegment, damaged);
            }
        }
    }

    [Fact]
    public void A_newer_version_is_named_as_such()
    {
        var newer = OneSegment.Image.With(SmallLog.First, bytes =>
        {
            bytes[8] = 2;
            bytes.AsSpan(12, 4).Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), Crc32C.Of(bytes.AsSpan(0, SegmentHeader.Size)));
            return bytes;
        });
        var error = Assert.Throws<StorageVersionException>(() => Make.Recover(newer.ToDisk()));
        Assert.Equal((SmallLog.First, 2), (error.File, error.Found));
    }

    [Fact]
    public void A_damaged_log_is_left_as_it_is()
    {
        var damaged = OneSegment.Image.WithBitFlipped(SmallLog.First, (OneSegment.Records[2].Start + 30) * 8);
        var disk = damaged.ToDisk();
        var before = disk.OperationCount;
        Assert.Throws<StorageCorruptedException>(() => Make.Recover(disk));
        Assert.Equal(before, disk.OperationCount);
    }

    [Fact]
    public void Random_damage_never_gives_anything_but_a_verdict_and_a_prefix()
    {
        var prefixes = Enumerable.Range(0, 11).Select(ManySegments.StateAfter).ToHashSet();
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var image = ManySegments.Image;
            for (var left = random.Next(1, 4); left > 0; left--)
            {
                image = Mutate(image, random);
            }

            var error = Record.Exception(() =>
            {
                var recovered = Make.Recover(image.ToDisk());
                Assert.Contains(Make.Describe(recovered), prefixes);
            });
            Assert.True(error is null or StorageException, $"seed {seed}: {error}");
        }
    }

    /// <summary>Detected: an exception, or the last record (which nothing later vouches for) reported as cut.</summary>
    private static void RequireDetectedOrHarmless(SmallLog log, DiskImage damaged)
    {
        try
        {
            using var store = Make.Open(damaged.ToDisk(), out var recovered);
            var expected = store.Recovery.Cut is { } cut && cut.Offset < log.Records[^1].End
                ? log.StateAfter(log.Records.Count - 1)
                : log.WholeState;
            Assert.Equal(expected, Make.Describe(recovered));
        }
        catch (StorageCorruptedException e)
        {
            Assert.StartsWith("log-", e.File, StringComparison.Ordinal);
        }
    }

    private static byte[] WithLength(byte[] bytes, RecordPlace place, int length, bool withChecksum)
    {
        var header = bytes.AsSpan(place.Start, RecordHeader.Size);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], length);
        if (withChecksum)
        {
            var reader = new SpanReader(header[4..]);
            new RecordHeader(reader.UInt32(), reader.Int32(), reader.Int32(), reader.UInt32(), reader.UInt32())
                .Write(header, place.Seed, place.Start);
        }

        return bytes;
    }

    private static DiskImage Mutate(DiskImage image, Random random)
    {
        var names = image.Names.ToList();
        if (names.Count == 0)
        {
            return image;
        }

        var name = names[random.Next(names.Count)];
        return random.Next(7) switch
        {
            0 => image.Without(name),
            1 => image.Swapped(name, names[random.Next(names.Count)]),
            2 => image.With(name, b => b[..random.Next(b.Length + 1)]),
            3 => image.With(name, b => [.. b, .. new byte[random.Next(5000)]]),
            4 => image.With(name, b => Overwrite(b, random, random.Next(600), _ => 0)),
            5 => image.With(name, b => Overwrite(b, random, random.Next(600), _ => (byte)random.Next(256))),
            _ => image.With(name, b => CopySector(b, random)),
        };
    }

    private static byte[] Overwrite(byte[] bytes, Random random, int length, Func<int, byte> value)
    {
        var start = random.Next(bytes.Length + 1);
        for (var i = start; i < Math.Min(bytes.Length, start + length); i++)
        {
            bytes[i] = value(i);
        }

        return bytes;
    }

    /// <summary>A misdirected write.</summary>
    private static byte[] CopySector(byte[] bytes, Random random)
    {
        if (bytes.Length >= 512)
        {
            var sectors = bytes.Length / 512;
            bytes.AsSpan(random.Next(sectors) * 512, 512).CopyTo(bytes.AsSpan(random.Next(sectors) * 512));
        }

        return bytes;
    }
}
