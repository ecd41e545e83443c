using System.Text;
using Cloudkeeper.Hosting.Machine;

namespace Cloudkeeper.Hosting.Security;

/// <summary>A file with a cluster key in base64 that only its user may read.</summary>
public static class ClusterKeyFile
{
    /// <summary>More than a key needs: a larger file is not a key.</summary>
    private const int BytesMax = 1024;

    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode PrivateFolder = Private | UnixFileMode.UserExecute;
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    private const UnixFileMode Foreign =
        Others | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    /// <exception cref="ClusterKeyException">It cannot be read, others can read it, or it holds something else.</exception>
    public static ClusterKey Read(string path)
    {
        try
        {
            RequirePrivate(path);
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var bytes = new byte[BytesMax];
            var length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return ClusterKey.TryParse(Encoding.ASCII.GetString(bytes.AsSpan(0, length)))
                ?? throw new ClusterKeyException(
                    $"{path} does not hold a cluster key, the base64 of {ClusterKey.Length} bytes. Make one with: "
                    + $"(umask 077; openssl rand -base64 {ClusterKey.Length} > {path})");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ClusterKeyException($"The cluster key cannot be read from {path}: {e.Message}");
        }
    }

    /// <summary>
    /// Reads the key, or draws one where there is none yet. Of several processes that do so at the same time one makes the
    /// file, and all of them read it.
    /// </summary>
    /// <exception cref="ClusterKeyException">See <see cref="Read"/>; or it cannot be made.</exception>
    public static ClusterKey ReadOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            try
            {
                Create(Path.GetFullPath(path));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ClusterKeyException($"A cluster key cannot be made at {path}: {e.Message}");
            }
        }

        return Read(path);
    }

    /// <summary>The file appears whole, or not at all: a process that sees it may read it at once.</summary>
    private static void Create(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder, PrivateFolder);
        var draft = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Private };
        try
        {
            using (var file = new FileStream(draft, options))
            {
                file.Write(Encoding.ASCII.GetBytes(ClusterKey.Draw().Reveal() + "\n"));
                file.Flush(flushToDisk: true);
            }

            Posix.TryLink(draft, path);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    /// <summary>
    /// A group may read files of another user, as secrets that an orchestrator mounts: it has no other way to give
    /// them to a process without rights.
    /// </summary>
    private static void RequirePrivate(string path)
    {
        var mode = File.GetUnixFileMode(path);
        var forbidden = Posix.OwnerOf(path) == Posix.UserId ? Foreign : Others | UnixFileMode.GroupWrite;
        if ((mode & forbidden) != UnixFileMode.None)
        {
            throw new ClusterKeyException(
                $"Others can read or change the cluster key in {path} (its mode is {Convert.ToString((int)mode, 8)}). "
                + $"Take that right from them: chmod 600 {path}. Then make a new key if another user may have read it.");
        }
    }
}
