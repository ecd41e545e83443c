namespace Cloudkeeper.Storage.Tests;

public sealed class PhysicalFileSystemTests : FileSystemConformance, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PhysicalFileSystem _files;

    public PhysicalFileSystemTests() => _files = new PhysicalFileSystem(_directory.Path);

    protected override IFileSystem Files => _files;

    public void Dispose()
    {
        _files.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_directory_has_one_owner_at_a_time()
    {
        var error = Assert.Throws<StorageFailedException>(() => new PhysicalFileSystem(_directory.Path));
        Assert.Contains("another process", error.Message, StringComparison.Ordinal);

        _files.Dispose();
        new PhysicalFileSystem(_directory.Path).Dispose();
    }

    /// <summary>As pread may: interrupted, or on a file system that answers in parts.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void A_read_that_gets_less_than_it_wants_goes_on_behind_it(int most)
    {
        byte[] content = [.. Enumerable.Range(0, 10).Select(i => (byte)i)];
        var buffer = new byte[8];

        Assert.Equal(8, PhysicalFile.ReadFully(ReadSome, 1, buffer));
        Assert.Equal(content[1..9], buffer);
        Assert.Equal(3, PhysicalFile.ReadFully(ReadSome, 7, buffer));
        Assert.Equal(content[7..], buffer[..3]);
        Assert.Equal(0, PhysicalFile.ReadFully(ReadSome, 10, buffer));

        int ReadSome(long offset, Span<byte> into)
        {
            var some = content.AsSpan((int)offset)[..Math.Min(Math.Min(most, into.Length), content.Length - (int)offset)];
            some.CopyTo(into);
            return some.Length;
        }
    }

    [Fact]
    public void Missing_directories_are_made()
    {
        var path = Path.Combine(_directory.Path, "x", "y");
        new PhysicalFileSystem(path).Dispose();
        Assert.True(Directory.Exists(path));
    }

    /// <summary>SR-M5: with any file mode mask of the process that makes them.</summary>
    [Fact]
    public void Only_their_user_can_read_files_and_directories()
    {
        const UnixFileMode User = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var path = Path.Combine(_directory.Path, "x", "y");
        using var files = new PhysicalFileSystem(path);
        files.Open("file", FileOpening.CreateNew).Dispose();

        Assert.Equal(User | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));
        Assert.Equal(User | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
        Assert.Equal(User, File.GetUnixFileMode(Path.Combine(path, "file")));
        Assert.Equal(User, File.GetUnixFileMode(Path.Combine(path, "LOCK")));
    }

    /// <summary>errno: there is no descriptor for the process, or on the machine, or no memory for one; and another one.</summary>
    [Theory]
    [InlineData(24, true)]
    [InlineData(23, true)]
    [InlineData(12, true)]
    [InlineData(5, false)]
    public void A_lack_of_descriptors_passes(int errno, bool passes) =>
        Assert.Equal(passes, Libc.IsShortOfHandles(new IOException("open", errno)));

    [Theory]
    [InlineData("../a")]
    [InlineData("x/a")]
    [InlineData("")]
    [InlineData("LOCK")]
    public void Only_plain_names_are_taken(string name) =>
        Assert.Throws<ArgumentException>(() => Files.Open(name, FileOpening.CreateNew));

    [Fact]
    public void A_failed_sync_ends_everything()
    {
        // A character device cannot be synced: the kernel returns EINVAL, which .NET's own flush does not report
        // (B-41).
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "device"), "/dev/full");
        using var healthy = Files.Open("healthy", FileOpening.CreateNew);
        using var file = Files.Open("device", FileOpening.Existing);

        Assert.Throws<StorageFailedException>(file.DataSync);
        Assert.Throws<StorageFailedException>(healthy.DataSync);
        Assert.Throws<StorageFailedException>(() => healthy.Write(0, "x"u8));
        Assert.Throws<StorageFailedException>(Files.SyncDirectory);
    }

    [Fact]
    public void A_full_disk_is_told_from_a_broken_one()
    {
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "device"), "/dev/full");
        using var file = Files.Open("device", FileOpening.Existing);
        Assert.Throws<StorageFullException>(() => file.Write(0, "x"u8));
        Files.SyncDirectory();
    }
}
