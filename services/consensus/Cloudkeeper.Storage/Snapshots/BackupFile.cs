namespace Cloudkeeper.Storage;

/// <summary>A snapshot file outside of any data directory, of any cluster: a backup.</summary>
public static class BackupFile
{
    /// <summary>Opens it for reading; its bytes are checked as in <see cref="SnapshotFileReader"/>.</summary>
    /// <exception cref="StorageCorruptedException">It is no snapshot file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SnapshotFileReader Open(string path)
    {
        var handle = File.OpenHandle(path);
        try
        {
            return new SnapshotFileReader(new PhysicalFile(path, handle, new FailureLatch()), path, cluster: null);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
