using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Local;

internal static class DataDirectory
{
    /// <summary>What the parts of this cluster show each other; made with the directory.</summary>
    /// <exception cref="ClusterKeyException">It cannot be used, or others can read it.</exception>
    public static ClusterKey KeyIn(string path) => ClusterKeyFile.ReadOrCreate(Path.Combine(path, "cluster.key"));

    /// <summary>Creates it if need be, and keeps other local clusters out for as long as the result is open.</summary>
    /// <returns>Null if another one is using it.</returns>
    public static FileStream? Claim(string path)
    {
        Directory.CreateDirectory(path);
        try
        {
            return new FileStream(Path.Combine(path, "local.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
