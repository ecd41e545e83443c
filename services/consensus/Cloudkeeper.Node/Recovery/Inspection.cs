using Cloudkeeper.Storage;

namespace Cloudkeeper.Node.Recovery;

/// <summary>Looks at a data directory and changes nothing.</summary>
internal static class Inspection
{
    public static void Inspect(string directory, TextWriter output, TimeProvider time)
    {
        using var files = OpenExisting(directory);
        var node = StoredNode.Read(files);
        new StateReport(output, time).Write(node);
        if (QuarantineFile.Load(files) is { } quarantine)
        {
            output.WriteLine($"In quarantine, its state is not to be trusted: {quarantine.Reason}");
        }
    }

    /// <returns>False: something is damaged; each fault has been printed.</returns>
    public static bool Verify(string directory, TextWriter output)
    {
        using var files = OpenExisting(directory);
        var identity = IdentityFile.Load(files) is { IsMember: true } member
            ? member
            : throw new RecoveryException("This directory belongs to no cluster: there is nothing in it to verify.");
        var snapshots = SnapshotStore.ForReading(files, identity.ClusterId);
        var intact = snapshots.VerifyAll();
        foreach (var snapshot in intact)
        {
            output.WriteLine($"The snapshot at entry {snapshot.Index} is intact.");
        }

        foreach (var damage in snapshots.Damaged)
        {
            output.WriteLine(damage.Message);
        }

        return VerifyLog(files, identity, snapshots, output) && snapshots.Damaged.Count == 0;
    }

    /// <summary>Holds the directory: no process can use it meanwhile.</summary>
    public static PhysicalFileSystem OpenExisting(string directory) => Directory.Exists(directory)
        ? new PhysicalFileSystem(directory)
        : throw new RecoveryException($"There is no directory {Path.GetFullPath(directory)}.");

    private static bool VerifyLog(IFileSystem files, NodeIdentity identity, SnapshotStore snapshots, TextWriter output)
    {
        try
        {
            var options = new LogStoreOptions { ClusterId = identity.ClusterId };
            RaftLogStore.Inspect(files, options, snapshots.FindNewest(), out var log);
            output.WriteLine($"The log is intact: {log.Segments} segments, {log.Records} records.");
            return true;
        }
        catch (StorageCorruptedException e)
        {
            output.WriteLine(e.Message);
            return false;
        }
    }
}
