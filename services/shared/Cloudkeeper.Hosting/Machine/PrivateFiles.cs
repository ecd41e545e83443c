namespace Cloudkeeper.Hosting.Machine;

/// <summary>
/// Files and directories that only their user may read: a cluster's data is not for the other users of a machine.
/// </summary>
public static class PrivateFiles
{
    public const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode Folder = File | UnixFileMode.UserExecute;

    private const UnixFileMode Foreign = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>
    /// All files that this process and its children make from now on are private, unless they set another mode.
    /// </summary>
    public static void ByDefault() => Posix.SetFileModeMask(Foreign);

    /// <summary>
    /// Takes from others the rights to a directory and all its contents, which a former version left to them. Files of
    /// another user, as on a volume that an orchestrator mounts, keep the mode that their owner set; so does a
    /// directory for temporary files of all users. Links are not followed.
    /// </summary>
    /// <returns>How many files and directories have another mode now.</returns>
    public static int Narrow(string directory)
    {
        var root = new DirectoryInfo(directory);
        if ((root.UnixFileMode & UnixFileMode.StickyBit) != UnixFileMode.None)
        {
            return 0;
        }

        var below = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return root.EnumerateFileSystemInfos("*", below).Prepend(root).ToList().Count(TryNarrow);
    }

    private static bool TryNarrow(FileSystemInfo entry)
    {
        try
        {
            var mode = entry.UnixFileMode;
            if ((mode & Foreign) == UnixFileMode.None || Posix.OwnerOf(entry.FullName) != Posix.UserId)
            {
                return false;
            }

            entry.UnixFileMode = mode & ~Foreign;
            return true;
        }
        catch (FileNotFoundException)
        {
            // It has gone meanwhile.
            return false;
        }
    }
}
