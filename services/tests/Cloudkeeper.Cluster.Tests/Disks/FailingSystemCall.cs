using System.Diagnostics;
using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Disks;

/// <summary>Makes every call of one system call fail or hang in a running process, as a disk does that has failed.</summary>
internal sealed class FailingSystemCall : IDisposable
{
    private readonly Process _strace;

    private FailingSystemCall(Process strace) => _strace = strace;

    /// <param name="error">For instance <c>EIO</c>.</param>
    public static Task<FailingSystemCall> StartAsync(int process, string call, string error) =>
        InjectAsync(process, call, $"error={error}");

    /// <summary>Until it is disposed of, no call comes back.</summary>
    public static Task<FailingSystemCall> HangAsync(int process, string call) =>
        InjectAsync(process, call, "delay_enter=600000000");

    /// <summary>Returns once all threads of the process are in its hands. Skips the test where that is not permitted.</summary>
    private static async Task<FailingSystemCall> InjectAsync(int process, string call, string fault)
    {
        Assert.SkipUnless(Command.Exists("strace"), "strace is not installed.");
        var start = new ProcessStartInfo("strace") { RedirectStandardError = true, UseShellExecute = false };
        string[] arguments =
        [
            "-f", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:{fault}",
            "-p", process.ToString(CultureInfo.InvariantCulture),
        ];
        Array.ForEach(arguments, start.ArgumentList.Add);
        var strace = Process.Start(start)!;
        var said = await strace.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
        if (said?.Contains("attached", StringComparison.Ordinal) is true)
        {
            // The rest is not read, but must not fill the pipe.
            _ = strace.StandardError.ReadToEndAsync(CancellationToken.None);
            return new FailingSystemCall(strace);
        }

        await strace.WaitForExitAsync(TestContext.Current.CancellationToken);
        strace.Dispose();
        Assert.Skip($"Tracing a process is not permitted here: {said}");
        return null!;
    }

    public void Dispose()
    {
        if (!_strace.HasExited)
        {
            _strace.Kill();
        }

        _strace.WaitForExit();
        _strace.Dispose();
    }
}
