using System.Collections.Concurrent;

namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// Lets one caller at a time at the replica, and gathers what the others bring meanwhile into the next turn.
/// </summary>
/// <remarks>
/// Whoever finds nobody at work does the work itself: no thread has to be woken for an input that arrives alone (a
/// wake-up costs more than applying a batch). Inputs must be short and must not throw; an exception is a bug and ends the
/// process, since half a turn would be a state that nobody has thought of.
/// </remarks>
/// <param name="waitingMax">From how many waiting inputs on it is full.</param>
internal sealed class ReplicaTurns(Action endOfTurn, Action<Exception> fatal, int waitingMax = ReplicaTurns.WaitingMax)
{
    /// <summary>Far more than a busy node has, since what arrives in a turn of a millisecond is gone in the next.</summary>
    private const int WaitingMax = 16_384;

    /// <summary>Inputs after which a turn ends even if more are waiting: replies must not wait for a flood to ebb.</summary>
    private const int InputsMax = 256;

    private readonly ConcurrentQueue<Action> _inputs = new();
    private int _isRunning;
    private int _waiting;

    /// <summary>
    /// So much is waiting that no more should be let in: requests are to be refused, streams to pause. Not enforced here,
    /// since completions of what was let in before must always come through.
    /// </summary>
    public bool IsFull => Volatile.Read(ref _waiting) >= waitingMax;

    /// <summary>Runs the input on this or another thread, after all those posted before it.</summary>
    public void Post(Action input)
    {
        Interlocked.Increment(ref _waiting);
        _inputs.Enqueue(input);
        while (!_inputs.IsEmpty && Interlocked.CompareExchange(ref _isRunning, 1, 0) == 0)
        {
            RunTurn();
            Volatile.Write(ref _isRunning, 0);
        }
    }

    public Task<T> PostAsync<T>(Func<T> input)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => done.SetResult(input()));
        return done.Task;
    }

#pragma warning disable CA1031 // Whatever it is: the process ends.
    private void RunTurn()
    {
        try
        {
            for (var i = 0; i < InputsMax && _inputs.TryDequeue(out var input); i++)
            {
                Interlocked.Decrement(ref _waiting);
                input();
            }

            endOfTurn();
        }
        catch (Exception e)
        {
            fatal(e);
        }
    }
#pragma warning restore CA1031
}
