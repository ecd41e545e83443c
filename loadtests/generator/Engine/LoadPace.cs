using System.Diagnostics;

namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>Lets the connections of a run send so many requests a second between them, each in its turn.</summary>
/// <remarks>
/// What falls due while all of them wait for answers is not made up for: the rate is a limit, and the report shows the
/// outcome.
/// </remarks>
internal sealed class LoadPace : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<Action> _resting = [];
    private readonly CancellationTokenSource _ended = new();
    private readonly int _perSecond;
    private long _dealtAt = Stopwatch.GetTimestamp();

    /// <param name="perSecond">Of all connections together.</param>
    public LoadPace(int perSecond)
    {
        _perSecond = perSecond;
        _ = DealAsync();
    }

    /// <summary>Calls back on another thread when it is the caller's turn.</summary>
    public void Await(Action turn)
    {
        lock (_gate)
        {
            _resting.Enqueue(turn);
        }
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    private async Task DealAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token))
            {
                foreach (var turn in TakeDue())
                {
                    turn();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private List<Action> TakeDue()
    {
        var now = Stopwatch.GetTimestamp();
        var due = (long)(Stopwatch.GetElapsedTime(_dealtAt, now).TotalSeconds * _perSecond);
        _dealtAt += due * Stopwatch.Frequency / _perSecond;
        var turns = new List<Action>();
        lock (_gate)
        {
            while (turns.Count < due && _resting.TryDequeue(out var turn))
            {
                turns.Add(turn);
            }
        }

        return turns;
    }
}
