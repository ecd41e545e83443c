using System.Diagnostics;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Local;

/// <summary>Keeps one part running: starts it, says so when it dies, starts it again, a little later each time.</summary>
internal sealed class Supervisor(Part part, string assembly, ClusterKey key, string logDirectory) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Whoever has run for this long is well again, and its next death is a first one.</summary>
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(10);

    /// <summary>A process gets this long to end by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly LogFile _log = new(logDirectory, part.Name);
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _isLastRun;

    public Part Part => part;

    public LogFile Log => _log;

    /// <summary>Of the process that runs now, or ran last.</summary>
    public int? ProcessId { get; private set; }

    /// <summary>Runs until <see cref="Stop"/>.</summary>
    public async Task RunAsync()
    {
        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            using var child = Child.Start(part, assembly, key, _log);
            ProcessId = child.Id;
            var exit = child.ExitAsync();
            await Task.WhenAny(exit, Task.Delay(Timeout.Infinite, _stopping.Token));
            if (_stopping.IsCancellationRequested)
            {
                await child.StopAsync(Patience);
                await exit;
                return;
            }

            var code = await exit;
            if (_isLastRun)
            {
                return;
            }

            pause = Stopwatch.GetElapsedTime(started) > Stable ? FirstPause : pause;
            Console.WriteLine($"{part.Name} (process {child.Id}) died with exit code {code}; "
                + $"starting it again in {pause.TotalSeconds} s. Its log: {_log.Path}");
            await Task.Delay(pause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    /// <summary>From now on it is not started again when it ends by itself.</summary>
    public void LetEnd() => _isLastRun = true;

    public void Stop() => _stopping.Cancel();

    public void Dispose()
    {
        _stopping.Dispose();
        _log.Dispose();
    }
}
