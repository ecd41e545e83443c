using System.Text;
using Cloudkeeper.Simulation;

namespace Cloudkeeper.Storage.Tests;

/// <summary>What the snapshot store does, over the real and the simulated disk.</summary>
public abstract class SnapshotConformance
{
    protected abstract IFileSystem Files { get; }

    private SnapshotStore Store => new(Files, Make.Cluster);

    [Fact]
    public void There_is_none_at_first() => Assert.Null(Store.FindNewest());

    [Fact]
    public void What_is_written_is_read_block_by_block()
    {
        var metadata = Make.Snapshot(5, 2);
        Make.StoreSnapshot(Files, metadata, "one", "two", new string('x', 500_000), "end");

        using var reader = Store.OpenRead(Store.FindNewest()!);
        Assert.Equal(metadata, reader.Metadata);
        Assert.Equal(["one", "two", new string('x', 500_000), "end"], Blocks(reader));
        Assert.False(reader.TryRead(out _));
    }

    [Fact]
    public void Many_blocks_come_back_in_order()
    {
        var blocks = Enumerable.Range(0, 2000).Select(i => new string((char)('a' + (i % 26)), 1 + (i % 977))).ToArray();
        Make.StoreSnapshot(Files, Make.Snapshot(5, 2), blocks);
        using var reader = Store.OpenRead(Make.Snapshot(5, 2));
        Assert.Equal(blocks, Blocks(reader));
    }

    [Fact]
    public void A_snapshot_may_be_empty()
    {
        Make.StoreSnapshot(Files, Make.Snapshot(5, 2));
        using var reader = Store.OpenRead(Make.Snapshot(5, 2));
        Assert.Empty(Blocks(reader));
    }

    [Fact]
    public void The_newest_is_the_one_with_the_largest_index()
    {
        var store = Store;
        foreach (var index in new[] { 9, 300, 17 })
        {
            Make.StoreSnapshot(store, Make.Snapshot(index, 2), "state");
        }

        Assert.Equal(300, store.FindNewest()!.Index.Value);
        Assert.Equal(300, Store.FindNewest()!.Index.Value);
    }

    [Fact]
    public void Without_a_commit_nothing_is_left()
    {
        using (var writer = Store.Create(Make.Snapshot(5, 2)))
        {
            writer.Write("state"u8);
        }

        Assert.Empty(Files.List());
    }

    [Fact]
    public void A_damaged_snapshot_is_passed_over_reported_and_left_alone()
    {
        Make.StoreSnapshot(Files, Make.Snapshot(5, 2), "old");
        Make.StoreSnapshot(Files, Make.Snapshot(9, 2), "new");
        Damage(Files.List()[1]);

        var store = Store;
        Assert.Equal(5, store.FindNewest()!.Index.Value);
        Assert.Equal(Files.List()[1], Assert.Single(store.Damaged).File);
        Assert.Equal(2, Files.List().Count);
    }

    [Fact]
    public void Purging_counts_only_intact_snapshots()
    {
        foreach (var index in new[] { 1, 2, 3, 4, 5 })
        {
            Make.StoreSnapshot(Files, Make.Snapshot(index, 2), "state");
        }

        Damage(Files.List()[3]);
        Damage(Files.List()[4]);
        var store = Store;
        store.Purge(2);

        Assert.Equal([2L, 3L, 4L, 5L], Files.List().Select(n => Convert.ToInt64(n.Split('-')[1], 16)));
        Assert.Equal(3, store.FindNewest()!.Index.Value);
    }

    [Fact]
    public void A_reader_survives_the_purge_of_its_snapshot_and_a_later_one_fails()
    {
        var store = Store;
        Make.StoreSnapshot(store, Make.Snapshot(1, 2), "old");
        using var reader = store.OpenRead(Make.Snapshot(1, 2));
        Make.StoreSnapshot(store, Make.Snapshot(2, 2), "new");
        store.Purge(1);

        Assert.Equal(["old"], Blocks(reader));
        Assert.Throws<FileNotFoundException>(() => store.OpenRead(Make.Snapshot(1, 2)));
    }

    /// <summary>It was whole when it was stored: what is known of it must not outlive it.</summary>
    [Fact]
    public void Damage_that_comes_later_is_noticed_and_counts_at_the_next_purge()
    {
        var store = Store;
        Make.StoreSnapshot(store, Make.Snapshot(1, 2), "old");
        Make.StoreSnapshot(store, Make.Snapshot(2, 2), "new");
        Assert.True(store.IsIntact(Make.Snapshot(2, 2)));
        Damage(Files.List()[^1]);
        Assert.False(store.IsIntact(Make.Snapshot(2, 2)));

        store.Purge(1);
        Assert.Equal(Make.Snapshot(1, 2), store.FindNewest());
    }

    [Fact]
    public void A_snapshot_that_is_made_again_takes_the_damaged_ones_place()
    {
        var store = Store;
        Make.StoreSnapshot(store, Make.Snapshot(2, 2), "state");
        Damage(Assert.Single(Files.List()));
        Assert.False(store.IsIntact(Make.Snapshot(2, 2)));
        Make.StoreSnapshot(store, Make.Snapshot(2, 2), "state");

        Assert.Empty(store.Damaged);
        Assert.True(store.IsIntact(Make.Snapshot(2, 2)));
        using var reader = store.OpenRead(Make.Snapshot(2, 2));
        Assert.Equal(["state"], Blocks(reader));
    }

    [Fact]
    public void Raw_bytes_make_the_same_snapshot_elsewhere()
    {
        Make.StoreSnapshot(Files, Make.Snapshot(7, 3), "one", new string('x', 5000));
        var other = new SimulatedFileSystem(new Random(1));
        var target = new SnapshotStore(other, Make.Cluster);
        using (var receiver = target.Receive())
        {
            Transfer(receiver, b => b);
            receiver.Commit(Make.Snapshot(7, 3));
        }

        Assert.Equal(Make.Snapshot(7, 3), target.FindNewest());
        Assert.Equal(DiskImage.Of(Files)[Files.List()[0]], DiskImage.Of(other)[other.List()[0]]);
    }

    [Fact]
    public void Damaged_raw_bytes_never_become_a_snapshot()
    {
        Make.StoreSnapshot(Files, Make.Snapshot(7, 3), "one", new string('x', 5000));
        var other = new SimulatedFileSystem(new Random(1));
        var target = new SnapshotStore(other, Make.Cluster);
        using (var receiver = target.Receive())
        {
            Transfer(receiver, b => b == (byte)'o' ? (byte)'O' : b);
            Assert.Throws<StorageCorruptedException>(() => receiver.Commit(Make.Snapshot(7, 3)));
        }

        Assert.Empty(other.List());
    }

    [Fact]
    public void Another_snapshot_than_the_announced_one_never_becomes_one()
    {
        Make.StoreSnapshot(Files, Make.Snapshot(7, 3), "one");
        var other = new SimulatedFileSystem(new Random(1));
        var target = new SnapshotStore(other, Make.Cluster);
        using (var receiver = target.Receive())
        {
            Transfer(receiver, b => b);
            Assert.Throws<StorageCorruptedException>(() => receiver.Commit(Make.Snapshot(6, 3)));
            Assert.Throws<StorageCorruptedException>(() => receiver.Commit(Make.Snapshot(7, 2)));
        }

        Assert.Empty(other.List());
        Assert.Empty(target.Damaged);
    }

    [Fact]
    public void Half_a_snapshot_is_none()
    {
        using var receiver = Store.Receive();
        Assert.Throws<StorageCorruptedException>(() => receiver.Commit(Make.Snapshot(7, 3)));
    }

    [Fact]
    public void The_snapshot_of_another_cluster_is_refused()
    {
        Make.StoreSnapshot(Files, Make.Snapshot(7, 3), "state");
        var stranger = new SnapshotStore(Files, new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]));
        Assert.Null(stranger.FindNewest());
        Assert.Contains(Make.Cluster.ToString(), Assert.Single(stranger.Damaged).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_under_the_name_of_another_is_damaged()
    {
        Make.StoreSnapshot(Files, Make.Snapshot(7, 3), "state");
        Files.Rename(Files.List()[0], "snapshot-0000000000000009-0000000000000003");
        Assert.Null(Store.FindNewest());
    }

    [Fact]
    public void Empty_and_giant_blocks_are_bugs()
    {
        using var writer = Store.Create(Make.Snapshot(7, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(new byte[SnapshotFileWriter.BlockBytesMax + 1]));
    }

    private static List<string> Blocks(SnapshotFileReader reader)
    {
        var blocks = new List<string>();
        while (reader.TryRead(out var block))
        {
            blocks.Add(Encoding.UTF8.GetString(block.Span));
        }

        return blocks;
    }

    private void Transfer(SnapshotFileReceiver receiver, Func<byte, byte> change)
    {
        using var reader = Store.OpenRead(Make.Snapshot(7, 3));
        var buffer = new byte[999];
        while (reader.ReadRaw(receiver.Length, buffer) is var count and > 0)
        {
            receiver.Write(buffer.AsSpan(0, count).ToArray().Select(change).ToArray());
        }

        Assert.Equal(reader.Length, receiver.Length);
    }

    private void Damage(string name)
    {
        using var file = Files.Open(name, FileOpening.Existing);
        file.Write(file.Length - 40, "damage"u8);
    }
}

public sealed class SnapshotsOnPhysicalDiskTests : SnapshotConformance, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PhysicalFileSystem _files;

    public SnapshotsOnPhysicalDiskTests() => _files = new PhysicalFileSystem(_directory.Path);

    protected override IFileSystem Files => _files;

    public void Dispose()
    {
        _files.Dispose();
        _directory.Dispose();
    }
}

public sealed class SnapshotsOnSimulatedDiskTests : SnapshotConformance
{
    protected override IFileSystem Files { get; } = new SimulatedFileSystem(new Random(1));
}
