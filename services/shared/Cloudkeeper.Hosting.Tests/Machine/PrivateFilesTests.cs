using Cloudkeeper.Hosting.Machine;

namespace Cloudkeeper.Hosting.Tests.Machine;

public sealed class PrivateFilesTests : IDisposable
{
    private const UnixFileMode Usual = PrivateFiles.Folder | UnixFileMode.GroupRead | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-private-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Files_and_directories_become_private_and_are_counted()
    {
        var file = Make("log");
        var below = Make("damaged/log");
        SetModes(Usual, _folder, file, below, Path.GetDirectoryName(below)!);
        File.SetUnixFileMode(Make("own"), PrivateFiles.File);

        Assert.Equal(4, PrivateFiles.Narrow(_folder));

        Assert.All(
            Directory.EnumerateFileSystemEntries(_folder, "*", SearchOption.AllDirectories).Append(_folder),
            entry => Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(entry) & Usual & ~PrivateFiles.Folder));
        Assert.Equal(0, PrivateFiles.Narrow(_folder));
    }

    [Fact]
    public void The_target_of_a_link_is_left_alone()
    {
        var elsewhere = Directory.CreateTempSubdirectory("cloudkeeper-elsewhere-");
        try
        {
            var file = Path.Combine(elsewhere.FullName, "file");
            File.WriteAllText(file, "");
            SetModes(Usual, elsewhere.FullName, file);
            File.CreateSymbolicLink(Path.Combine(_folder, "file"), file);
            Directory.CreateSymbolicLink(Path.Combine(_folder, "folder"), elsewhere.FullName);

            Assert.Equal(0, PrivateFiles.Narrow(_folder));

            Assert.Equal(Usual, File.GetUnixFileMode(file));
            Assert.Equal(Usual, File.GetUnixFileMode(elsewhere.FullName));
        }
        finally
        {
            elsewhere.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_directory_for_temporary_files_of_all_users_stays_one()
    {
        const UnixFileMode AllUsers = Usual | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.StickyBit;
        SetModes(AllUsers, _folder);

        Assert.Equal(0, PrivateFiles.Narrow(_folder));

        Assert.Equal(AllUsers, File.GetUnixFileMode(_folder));
    }

    private static void SetModes(UnixFileMode mode, params string[] entries) =>
        Array.ForEach(entries, entry => File.SetUnixFileMode(entry, mode));

    private string Make(string name)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, name);
        return path;
    }
}
