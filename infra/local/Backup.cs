using System.Diagnostics;

namespace Cloudkeeper.Local;

/// <summary>The beginning of a new cluster with what a backup holds: done by the founder's own program, before it runs.</summary>
internal static class Backup
{
    /// <returns>Whether it could be done; if not, the program has printed why.</returns>
    public static async Task<bool> RestoreAsync(string file, Part founder, string assembly, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(SourceTree.Dotnet) { WorkingDirectory = Path.GetDirectoryName(assembly)! };
        string[] arguments = [assembly, "restore", "--from", file, .. founder.Arguments];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var restore = Process.Start(start)!;
        await restore.WaitForExitAsync(cancellationToken);
        return restore.ExitCode == 0;
    }
}
