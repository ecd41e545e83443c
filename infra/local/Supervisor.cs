using System.ComponentModel;
using System.Diagnostics;

namespace Cloudkeeper.Local;

/// <summary>
/// Keeps one part running: starts it, reports when it dies, starts it again, a little later each time.
/// </summary>
/// <remarks>Nothing that happens to its log, and no failed start, ends the supervision.</remarks>
/// <param name="name">Of the part.</param>
/// <param name="program">How its program is started, asked for each time.</param>
/// <param name="log">Takes its output.</param>
internal sealed class Supervisor(string name, Func<ProcessStartInfo> program, LogFile log) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>A part that has run for this long is well again, and its next death is a first one.</summary>
    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(10);

    /// <summary>A process gets this long to end by itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _isLastRun;

    public LogFile Log => log;

    /// <summary>Of the process that runs now, or ran last.</summary>
    public int? ProcessId { get; private set; }

    /// <summary>Runs until <see cref="Stop"/>.</summary>
    public async Task RunAsync()
    {
        var pause = FirstPause;
        while (!_stopping.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            var end = await RunOnceAsync();
            if (_isLastRun || _stopping.IsCancellationRequested)
            {
                return;
            }

            pause = Stopwatch.GetElapsedTime(started) > Stable ? FirstPause : pause;
            Console.WriteLine($"{name} {end}; starting it again in {pause.TotalSeconds} s. Its log: {log.Path}");
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
        log.Dispose();
    }

    /// <returns>How that ended.</returns>
    private async Task<string> RunOnceAsync()
    {
        Child child;
        try
        {
            child = Child.Start(program(), log);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return $"cannot be started ({e.Message})";
        }

        using (child)
        {
            ProcessId = child.Id;
            var exit = child.ExitAsync();
            await Task.WhenAny(exit, Task.Delay(Timeout.Infinite, _stopping.Token));
            if (_stopping.IsCancellationRequested)
            {
                await child.StopAsync(Patience);
            }

            return $"(process {child.Id}) died with exit code {await exit}";
        }
    }
}
