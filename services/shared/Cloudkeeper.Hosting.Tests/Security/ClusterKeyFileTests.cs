using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Hosting.Tests.Security;

public sealed class ClusterKeyFileTests : IDisposable
{
    private const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-key-").FullName;

    private string KeyFile => Path.Combine(_folder, "new", "cluster.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_key_that_is_made_is_for_its_user_alone_and_is_there_the_next_time()
    {
        var key = ClusterKeyFile.ReadOrCreate(KeyFile);

        Assert.Equal(OwnFile, File.GetUnixFileMode(KeyFile));
        Assert.Equal(OwnFile | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(KeyFile)!));
        Assert.Equal(key.Reveal(), ClusterKeyFile.ReadOrCreate(KeyFile).Reveal());
        Assert.Equal(key.Reveal(), ClusterKeyFile.Read(KeyFile).Reveal());
    }

    [Fact]
    public void Processes_that_start_together_have_the_same_key_and_leave_nothing_else_behind()
    {
        var keys = new string[64];
        Parallel.For(0, keys.Length, i => keys[i] = ClusterKeyFile.ReadOrCreate(KeyFile).Reveal());

        Assert.Single(keys.Distinct(StringComparer.Ordinal));
        Assert.Equal([KeyFile], Directory.GetFiles(Path.GetDirectoryName(KeyFile)!));
    }

    [Theory]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_file_that_others_can_read_or_write_is_refused_with_what_to_do(UnixFileMode more)
    {
        ClusterKeyFile.ReadOrCreate(KeyFile);
        File.SetUnixFileMode(KeyFile, OwnFile | more);

        var refusal = Assert.Throws<ClusterKeyException>(() => ClusterKeyFile.ReadOrCreate(KeyFile));

        Assert.Contains($"chmod 600 {KeyFile}", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no key")]
    [InlineData("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==")]
    public void A_file_with_something_else_is_refused_without_repeating_it(string text)
    {
        Write(text);
        var refusal = Assert.Throws<ClusterKeyException>(() => ClusterKeyFile.Read(KeyFile));
        Assert.Contains("does not hold a cluster key", refusal.Message, StringComparison.Ordinal);
        Assert.True(text.Length == 0 || !refusal.Message.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_large_file_is_refused()
    {
        Write(new string('A', 1 << 20));
        Assert.Throws<ClusterKeyException>(() => ClusterKeyFile.Read(KeyFile));
    }

    [Fact]
    public void A_file_that_is_not_there_is_refused_by_its_name()
    {
        var refusal = Assert.Throws<ClusterKeyException>(() => ClusterKeyFile.Read(KeyFile));
        Assert.Contains(KeyFile, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_the_place_of_the_file_is_refused() =>
        Assert.Throws<ClusterKeyException>(() => ClusterKeyFile.ReadOrCreate(_folder));

    [Fact]
    public void A_key_that_cannot_be_made_is_refused_by_its_name()
    {
        var blocked = Path.Combine(_folder, "file");
        File.WriteAllText(blocked, "");
        var refusal = Assert.Throws<ClusterKeyException>(() => ClusterKeyFile.ReadOrCreate(Path.Combine(blocked, "cluster.key")));
        Assert.Contains(blocked, refusal.Message, StringComparison.Ordinal);
    }

    private void Write(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(KeyFile)!);
        using var file = new FileStream(KeyFile, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnFile,
        });
        using var writer = new StreamWriter(file);
        writer.Write(text);
    }
}
