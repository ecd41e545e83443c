namespace Cloudkeeper.Storage;

internal static class FileSystemExtensions
{
    /// <summary>Deletes half-made files that a crash has left: nothing refers to them.</summary>
    public static void DeleteTemporary(this IFileSystem files, string prefix)
    {
        foreach (var name in files.List())
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                files.Delete(name);
            }
        }
    }

    /// <summary>Gives a complete, synced temporary file its real name, durably.</summary>
    public static void Publish(this IFileSystem files, string temporary, string name)
    {
        files.Rename(temporary, name);
        files.SyncDirectory();
    }
}
