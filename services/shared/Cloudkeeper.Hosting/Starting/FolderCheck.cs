using System.Text;
using Cloudkeeper.Hosting.Machine;

namespace Cloudkeeper.Hosting.Starting;

/// <summary>Whether files can be kept in a directory that is there, or is to be made.</summary>
public static class FolderCheck
{
    private const int ReadOnlyFileSystem = 30;

    /// <summary>PATH_MAX, with its end.</summary>
    private const int PathBytesMax = 4095;

    /// <summary>NAME_MAX.</summary>
    private const int NameBytesMax = 255;

    /// <summary>For the names of the files in it, one folder deeper at most.</summary>
    private const int FileNameBytes = 200;

    /// <param name="setting">The setting that names it, such as <c>Node:DataDirectory</c>.</param>
    /// <param name="path">Absolute.</param>
    /// <param name="bytesLeast">As much room there has to be. 0: it does not matter.</param>
    public static IEnumerable<StartProblem> Look(string setting, string path, long bytesLeast) =>
        Look(setting, path, bytesLeast, Posix.ErrorOfMakingIn);

    /// <param name="errorOfMakingIn">The system's error number, or 0.</param>
    internal static IEnumerable<StartProblem> Look(string setting, string path, long bytesLeast, Func<string, int> errorOfMakingIn)
    {
        var another = $"choose another directory with {setting}";
        if (Encoding.UTF8.GetByteCount(path) > PathBytesMax - FileNameBytes
            || Array.Exists(path.Split('/'), name => Encoding.UTF8.GetByteCount(name) > NameBytesMax))
        {
            return [Lasting($"{setting}: the path {path} is too long for files in it: {another}.")];
        }

        var there = path;
        while (!Directory.Exists(there))
        {
            if (File.Exists(there))
            {
                return [Lasting($"{setting}: {there} is no directory: move it away, or {another}.")];
            }

            there = Path.GetDirectoryName(there) ?? "/";
        }

        return errorOfMakingIn(there) switch
        {
            0 when bytesLeast > 0 && new DriveInfo(there).AvailableFreeSpace is var free && free < bytesLeast =>
            [
                new StartProblem(
                    $"{setting}: the disk of {there} has {free:N0} bytes left, and a beginning takes {bytesLeast:N0}: make room, or "
                    + $"{another}.",
                    MayPass: true),
            ],
            0 => [],
            ReadOnlyFileSystem => [Lasting($"{setting}: the disk of {there} can only be read: mount it for writing, or {another}.")],
            _ =>
            [
                Lasting($"{setting}: this user (id {Posix.UserId}) may not make files in {there}: give it that right "
                    + $"(chown {Posix.UserId} {there}), or {another}."),
            ],
        };
    }

    private static StartProblem Lasting(string message) => new(message, MayPass: false);
}
