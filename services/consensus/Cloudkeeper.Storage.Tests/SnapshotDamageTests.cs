using System.Buffers.Binary;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>A snapshot is whole or none: nothing in its file is unprotected.</summary>
public sealed class SnapshotDamageTests
{
    private static readonly DiskImage Image = NewImage();
    private static readonly string Name = Image.Names.Single();

    [Fact]
    public void Every_single_bit_flip_is_detected()
    {
        for (var bit = 0; bit < Image[Name].Length * 8; bit++)
        {
            RequireDamaged(Image.WithBitFlipped(Name, bit));
        }
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_detected()
    {
        for (var length = 0; length < Image[Name].Length; length++)
        {
            RequireDamaged(Image.With(Name, b => b[..length]));
        }
    }

    [Fact]
    public void A_longer_file_is_detected() => RequireDamaged(Image.With(Name, b => [.. b, 0]));

    [Fact]
    public void Swapped_blocks_are_detected()
    {
        // The blocks are equally long, each with a checksum that is right for its content.
        var length = SnapshotBlock.HeaderBytes + "first block ".Length;
        var end = Image[Name].Length - SnapshotBlock.FooterBytes;
        var (first, second) = (end - (2 * length), end - length);
        RequireDamaged(Image.With(Name, b => [.. b[..first], .. b[second..end], .. b[first..second], .. b[end..]]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(SnapshotFileWriter.BlockBytesMax)]
    [InlineData(SnapshotFileWriter.BlockBytesMax + 1)]
    public void An_impossible_length_is_never_believed(int length)
    {
        var block = Image[Name].Length - SnapshotBlock.FooterBytes - SnapshotBlock.HeaderBytes - "first block ".Length;
        foreach (var offset in new[] { 16, block, Image[Name].Length - SnapshotBlock.FooterBytes })
        {
            var changed = Image.With(Name, b =>
            {
                BinaryPrimitives.WriteInt32LittleEndian(b.AsSpan(offset), length);
                return b;
            });
            if (!changed[Name].AsSpan().SequenceEqual(Image[Name]))
            {
                RequireDamaged(changed);
            }
        }
    }

    [Fact]
    public void A_newer_version_is_named_as_such_and_not_passed_over()
    {
        var newer = Image.With(Name, bytes =>
        {
            var header = bytes.AsSpan(0, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(16)));
            header[8] = 2;
            header.Slice(12, 4).Clear();
            BinaryPrimitives.WriteUInt32LittleEndian(header[12..], Crc32C.Of(header));
            return bytes;
        });
        var error = Assert.Throws<StorageVersionException>(
            () => new SnapshotStore(newer.ToDisk(), Make.Cluster).FindNewest());
        Assert.Equal((Name, 2), (error.File, error.Found));
    }

    [Fact]
    public void Random_damage_never_gives_anything_but_a_verdict()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var changed = Image.With(Name, b =>
            {
                random.NextBytes(b.AsSpan(random.Next(b.Length))[..1]);
                b = random.Next(3) == 0 ? b[..random.Next(b.Length)] : b;
                random.NextBytes(b.AsSpan(b.Length / 2, random.Next(b.Length / 2)));
                return b;
            });
            if (!changed[Name].AsSpan().SequenceEqual(Image[Name]))
            {
                RequireDamaged(changed);
            }
        }
    }

    [Fact]
    public void A_full_disk_leaves_no_half_snapshot_behind()
    {
        var disk = Image.ToDisk();
        disk.CapacityBytes = 100_000;
        var store = new SnapshotStore(disk, Make.Cluster);
        Assert.Throws<StorageFullException>(
            () => Make.StoreSnapshot(store, Make.Snapshot(9, 3), new string('x', 300_000)));
        Assert.Equal([Name], disk.List());
        Assert.Equal(7, store.FindNewest()!.Index.Value);
    }

    private static DiskImage NewImage()
    {
        var disk = new SimulatedFileSystem(new Random(1));
        Make.StoreSnapshot(disk, Make.Snapshot(7, 3), "first block ", "second block");
        return DiskImage.Of(disk);
    }

    private static void RequireDamaged(DiskImage image)
    {
        var store = new SnapshotStore(image.ToDisk(), Make.Cluster);
        Assert.Null(store.FindNewest());
        Assert.Single(store.Damaged);
    }
}
