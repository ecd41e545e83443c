using System.Globalization;
using Cloudkeeper.Hosting.Machine;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// The key of a user's own clusters on one machine, shared by all processes of this user that have no other key.
/// </summary>
/// <param name="settings">Where the user keeps the settings of programs; empty: nowhere.</param>
/// <param name="temporary">Where every user may make files that need not last.</param>
internal sealed class UserClusterKey(string settings, string temporary)
{
    private const string Folder = "cloudkeeper";
    private const string FileName = "cluster.key";

    /// <summary><c>$XDG_CONFIG_HOME</c>, else <c>~/.config</c>; and <c>$TMPDIR</c>, else <c>/tmp</c>.</summary>
    public static UserClusterKey Default => new(
        Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify),
        Path.GetTempPath());

    /// <summary>
    /// In the user's folder for settings. Where that cannot be written to, as in a container with a read-only disk, in a folder
    /// of the user's own among the temporary files.
    /// </summary>
    /// <exception cref="ClusterKeyException">Neither can be used, or others can read the file.</exception>
    public (string Path, ClusterKey Key) ReadOrCreate()
    {
        if (settings.Length == 0)
        {
            return InTemporaryFolder("This process has no home.");
        }

        var home = Path.Combine(settings, Folder, FileName);
        try
        {
            return (home, ClusterKeyFile.ReadOrCreate(home));
        }
        catch (ClusterKeyException e) when (!File.Exists(home))
        {
            return InTemporaryFolder(e.Message);
        }
    }

    private (string Path, ClusterKey Key) InTemporaryFolder(string reason)
    {
        var folder = Path.Combine(temporary, string.Create(CultureInfo.InvariantCulture, $"{Folder}-{Posix.UserId}"));
        var path = Path.Combine(folder, FileName);
        try
        {
            var key = ClusterKeyFile.ReadOrCreate(path);
            RequireOwn(folder);
            return (path, key);
        }
        catch (ClusterKeyException e)
        {
            throw new ClusterKeyException(
                $"{reason} {e.Message} Name a file with the cluster key with Hosting:ClusterKeyFile, or set Hosting:ClusterKey.");
        }
    }

    /// <summary>Every user may make folders among the temporary files, also one with this name.</summary>
    private static void RequireOwn(string folder)
    {
        const UnixFileMode OwnOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        if (Posix.OwnerOf(folder) != Posix.UserId || (File.GetUnixFileMode(folder) | OwnOnly) != OwnOnly)
        {
            throw new ClusterKeyException($"{folder} belongs to another user, or others can write to it.");
        }
    }
}
