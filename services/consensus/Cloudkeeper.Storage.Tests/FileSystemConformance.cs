using System.Text;

namespace Cloudkeeper.Storage.Tests;

/// <summary>What every file system must do; run over the real one and the simulated one.</summary>
public abstract class FileSystemConformance
{
    protected abstract IFileSystem Files { get; }

    [Fact]
    public void What_is_written_is_read()
    {
        using var file = Files.Open("a", FileOpening.CreateNew);
        file.Write(0, "hello"u8);
        file.Write(3, "LO!"u8);

        Assert.Equal(6, file.Length);
        Assert.Equal("helLO!", Text(file));
    }

    [Fact]
    public void A_write_behind_the_end_leaves_zeros_between()
    {
        using var file = Files.Open("a", FileOpening.CreateNew);
        file.Write(4, "x"u8);
        Assert.Equal("\0\0\0\0x", Text(file));
    }

    [Fact]
    public void A_read_is_short_only_at_the_end()
    {
        using var file = Files.Open("a", FileOpening.CreateNew);
        file.Write(0, "hello"u8);
        var buffer = new byte[10];
        Assert.Equal(2, file.Read(3, buffer));
        Assert.Equal(0, file.Read(5, buffer));
        Assert.Equal(0, file.Read(100, buffer));
    }

    [Fact]
    public void Allocation_extends_with_zeros_and_never_shortens()
    {
        using var file = Files.Open("a", FileOpening.CreateNew);
        file.Write(0, "hello"u8);
        file.Allocate(8);
        file.Allocate(2);
        Assert.Equal("hello\0\0\0", Text(file));
    }

    [Fact]
    public void What_truncation_cut_off_does_not_come_back()
    {
        using var file = Files.Open("a", FileOpening.CreateNew);
        file.Write(0, "hello"u8);
        file.Truncate(2);
        Assert.Equal(2, file.Length);
        file.Allocate(5);
        Assert.Equal("he\0\0\0", Text(file));
    }

    [Fact]
    public void Files_are_listed_in_ordinal_order()
    {
        foreach (var name in new[] { "b", "a", "B", "a1" })
        {
            Files.Open(name, FileOpening.CreateNew).Dispose();
        }

        Assert.Equal(["B", "a", "a1", "b"], Files.List());
    }

    [Fact]
    public void A_missing_file_is_an_answer_and_not_a_failure()
    {
        Assert.Throws<FileNotFoundException>(() => Files.Open("a", FileOpening.Existing));
        Files.Open("a", FileOpening.CreateNew).Dispose();
        Files.Open("a", FileOpening.Existing).Dispose();
    }

    [Fact]
    public void A_file_cannot_be_created_twice()
    {
        Files.Open("a", FileOpening.CreateNew).Dispose();
        Assert.Throws<StorageFailedException>(() => Files.Open("a", FileOpening.CreateNew));
    }

    [Fact]
    public void Renaming_replaces_the_target()
    {
        Create("a", "new");
        Create("b", "old");
        Files.Rename("a", "b");
        Files.SyncDirectory();
        Assert.Equal(["b"], Files.List());
        Assert.Equal("new", Read("b"));
    }

    [Fact]
    public void An_open_file_stays_readable_after_its_deletion()
    {
        Create("a", "hello");
        using var file = Files.Open("a", FileOpening.Existing);
        Files.Delete("a");
        Assert.Empty(Files.List());
        Assert.Equal("hello", Text(file));
    }

    [Fact]
    public void Two_handles_see_the_same_bytes()
    {
        using var writer = Files.Open("a", FileOpening.CreateNew);
        using var reader = Files.Open("a", FileOpening.Existing);
        writer.Write(0, "hello"u8);
        Assert.Equal("hello", Text(reader));
    }

    [Fact]
    public void There_is_free_space() => Assert.True(Files.FreeBytes > 0);

    private static string Text(IStorageFile file)
    {
        var bytes = new byte[file.Length];
        Assert.Equal(bytes.Length, file.Read(0, bytes));
        return Encoding.UTF8.GetString(bytes);
    }

    private void Create(string name, string content)
    {
        using var file = Files.Open(name, FileOpening.CreateNew);
        file.Write(0, Encoding.UTF8.GetBytes(content));
        file.FullSync();
    }

    private string Read(string name)
    {
        using var file = Files.Open(name, FileOpening.Existing);
        return Text(file);
    }
}
