using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage.Tests;

/// <summary>Looking at a directory, or at a file outside of it, without changing anything.</summary>
public sealed class InspectionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PhysicalFileSystem _files;

    public InspectionTests() => _files = new PhysicalFileSystem(_directory.Path);

    [Fact]
    public void An_inspection_shows_the_state_that_an_opening_recovers_and_changes_nothing()
    {
        using (var log = Make.Open(_files))
        {
            log.Append(Make.Write(Make.State(term: 2), Make.Entry(1, 2), Make.Entry(2, 2)));
            log.Sync();
            log.Append(Make.Entries(Make.Entry(3, 2)));
        }

        TearTail();
        var before = Contents();
        var inspected = RaftLogStore.Inspect(_files, Make.Options, newest: null, out var report);
        Assert.Equal(before, Contents());
        Assert.NotNull(report.Cut);
        Assert.Equal(Make.Describe(inspected), Make.Describe(Make.Recover(_files)));
    }

    [Fact]
    public void Without_a_log_the_inspection_reports_that_and_begins_none()
    {
        Assert.Throws<StorageCorruptedException>(() => RaftLogStore.Inspect(_files, Make.Options, null, out _));
        Assert.Empty(_files.List());
    }

    [Fact]
    public void A_store_for_reading_leaves_unfinished_files_alone()
    {
        using var begun = new SnapshotStore(_files, Make.Cluster).Create(Make.Snapshot(5, 1));
        var names = _files.List();
        SnapshotStore.ForReading(_files, Make.Cluster).FindNewest();
        Assert.Equal(names, _files.List());
    }

    [Fact]
    public void All_snapshots_are_verified_and_the_damaged_are_named()
    {
        Make.StoreSnapshot(_files, Make.Snapshot(5, 1), "five");
        Make.StoreSnapshot(_files, Make.Snapshot(7, 1), "seven");
        Damage(_files.List()[0]);
        var store = SnapshotStore.ForReading(_files, Make.Cluster);
        Assert.Equal(new LogIndex(7), Assert.Single(store.VerifyAll()).Index);
        Assert.Equal(_files.List()[0], Assert.Single(store.Damaged).File);
    }

    [Fact]
    public void A_backup_is_read_in_any_place_and_of_any_cluster()
    {
        using var reader = BackupFile.Open(MakeBackup());
        Assert.Equal((Make.Cluster, Make.Snapshot(5, 1)), (reader.ClusterId, reader.Metadata));
        Assert.True(reader.TryRead(out var block));
        Assert.Equal("five"u8.ToArray(), block.ToArray());
        Assert.False(reader.TryRead(out _));
    }

    /// <summary>A download that broke off.</summary>
    [Fact]
    public void A_backup_that_is_cut_off_anywhere_is_recognised()
    {
        var backup = MakeBackup();
        var whole = File.ReadAllBytes(backup);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(backup, whole[..length]);
            Assert.Throws<StorageCorruptedException>(() => ReadAll(backup));
        }
    }

    public void Dispose()
    {
        _files.Dispose();
        _directory.Dispose();
    }

    private static void ReadAll(string backup)
    {
        using var reader = BackupFile.Open(backup);
        while (reader.TryRead(out _))
        {
        }
    }

    private string MakeBackup()
    {
        Make.StoreSnapshot(_files, Make.Snapshot(5, 1), "five");
        var backup = Path.Combine(_directory.Path, "tmp-backup");
        File.Copy(Path.Combine(_directory.Path, _files.List()[0]), backup);
        return backup;
    }

    private void TearTail()
    {
        var (file, name) = (_files.List()[^1], "log-");
        Assert.StartsWith(name, file, StringComparison.Ordinal);
        var path = Path.Combine(_directory.Path, file);
        var bytes = File.ReadAllBytes(path);
        bytes[Array.FindLastIndex(bytes, b => b != 0)] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private void Damage(string name)
    {
        var path = Path.Combine(_directory.Path, name);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    private List<string> Contents() =>
        [.. _files.List().Select(name => name + Convert.ToHexString(File.ReadAllBytes(Path.Combine(_directory.Path, name))))];
}
