using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Local;

internal static class DataDirectory
{
    /// <summary>The folder of the parts' output.</summary>
    public const string Logs = "logs";

    private const string LockFile = "local.lock";
    private const string KeyFile = "cluster.key";

    /// <summary>What each start makes, or finds of an earlier one.</summary>
    public static readonly IReadOnlyList<string> OwnFiles = [LockFile, Roster.FileName, KeyFile, Logs];

    /// <summary>What the parts of this cluster show each other; made with the directory.</summary>
    /// <exception cref="ClusterKeyException">It cannot be used, or others can read it.</exception>
    public static ClusterKey KeyIn(string path) => ClusterKeyFile.ReadOrCreate(Path.Combine(path, KeyFile));

    /// <summary>Creates it if need be, and keeps other local clusters out for as long as the result is open.</summary>
    /// <returns>Null if another one is using it.</returns>
    public static FileStream? Claim(string path)
    {
        Directory.CreateDirectory(path, PrivateFiles.Folder);
        try
        {
            return new FileStream(Path.Combine(path, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// Former versions let every user of the machine read data and logs. Not before the key was read: one that others
    /// could read is not to be trusted any more.
    /// </summary>
    public static void Narrow(string path)
    {
        if (PrivateFiles.Narrow(path) is > 0 and var count)
        {
            Console.WriteLine(
                $"Other users of this machine had rights to {count} files and directories in {path}; those were taken away");
        }
    }
}
