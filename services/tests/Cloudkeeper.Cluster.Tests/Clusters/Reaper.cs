using System.Diagnostics;
using System.Globalization;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>
/// Ends the servers when the test process ends, however it ends: a shell that holds the other end of a pipe kills every
/// process in its list once the pipe closes.
/// </summary>
internal static class Reaper
{
    private static readonly Lock Gate = new();
    private static readonly Process Shell = StartShell();

    public static void Watch(int processId)
    {
        lock (Gate)
        {
            Shell.StandardInput.WriteLine(processId.ToString(CultureInfo.InvariantCulture));
            Shell.StandardInput.Flush();
        }
    }

    /// <summary>A number may meanwhile belong to another process, so only our own servers are killed.</summary>
    private static Process StartShell()
    {
        const string Script = """
            ids=""
            while read -r id; do ids="$ids $id"; done
            for id in $ids; do
              case "$( { tr '\0' ' ' < /proc/$id/cmdline; } 2>/dev/null )" in *Cloudkeeper.*) kill -9 "$id";; esac
            done
            """;
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        return Process.Start(start)!;
    }
}
