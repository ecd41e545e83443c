using Cloudkeeper.Node.Storage;
using Cloudkeeper.Storage;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Recovery;

/// <summary>Backup files: snapshots of a running cluster, as <c>GET /snapshot</c> gives them.</summary>
internal static class Backups
{
    /// <summary>Verifies every byte up to the end mark on the way.</summary>
    /// <exception cref="RecoveryException">It is damaged, or was not copied to its end.</exception>
    public static Backup Load(string file)
    {
        try
        {
            using var reader = BackupFile.Open(file);
            return new Backup(file, reader.ClusterId, StateFile.Load(reader, file));
        }
        catch (StorageCorruptedException e)
        {
            throw new RecoveryException(
                $"{file} is no whole backup: {e.Problem} (byte {e.Offset}). Fetch it again or take another one.");
        }
    }

    public static void Describe(Backup backup, TextWriter output, TimeProvider time)
    {
        var report = new StateReport(output, time);
        report.Line("backup", backup.File);
        report.Line("cluster", backup.ClusterId.ToString("N"));
        report.Write(backup.State);
    }
}

/// <param name="ClusterId">From which it was taken.</param>
internal sealed record Backup(string File, Guid ClusterId, StateMachine State);
