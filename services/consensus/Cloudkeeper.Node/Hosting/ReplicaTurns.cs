using System.Collections.Concurrent;

namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// Lets one caller at a time at the replica, and gathers the inputs of others meanwhile into the next turn.
/// </summary>
/// <remarks>
/// A thread that finds no other at work does the work itself: no thread has to be woken for an input that arrives alone
/// (a wake-up costs more than applying a batch). Inputs must be short and must not throw; an exception is a bug and
/// ends the process, since half a turn would be an unforeseen state.
/// </remarks>
/// <param name="waitingMax">From how many waiting inputs on it is full.</param>
internal sealed class ReplicaTurns(Action endOfTurn, Action<Exception> fatal, int waitingMax = ReplicaTurns.WaitingMax)
{
    /// <summary>
    /// Far more than a busy node has, since inputs that arrive in a turn of a millisecond are gone in the next.
    /// </summary>
    private const int WaitingMax = 16_384;

    /// <summary>Inputs after which a turn ends even if more are waiting: replies must not wait for a flood to ebb.</summary>
    private const int InputsMax = 256;

    private const int Idle = 0;
    private const int Running = 1;
    private const int Closed = 2;

    private readonly ConcurrentQueue<Action> _inputs = new();
    private int _state;
    private int _waiting;

    /// <summary>
    /// So many inputs wait that no more should be let in: requests are to be refused, streams to pause. Not enforced
    /// here, since completions of earlier work must always come through.
    /// </summary>
    public bool IsFull => Volatile.Read(ref _waiting) >= waitingMax;

    /// <summary>Runs the input on this or another thread, after all those posted before it.</summary>
    public void Post(Action input)
    {
        Interlocked.Increment(ref _waiting);
        _inputs.Enqueue(input);
        while (!_inputs.IsEmpty && Interlocked.CompareExchange(ref _state, Running, Idle) == Idle)
        {
            RunTurn();
            Volatile.Write(ref _state, Idle);
        }
    }

    /// <summary>
    /// Lets no turn begin after those that wait now: later inputs come to nothing. Not to be called on a turn.
    /// </summary>
    public void Close()
    {
        var wait = new SpinWait();
        while (Interlocked.CompareExchange(ref _state, Running, Idle) != Idle)
        {
            wait.SpinOnce();
        }

        // An input that came before it was closed runs; a later one is refused.
        do
        {
            RunTurn();
            Interlocked.Exchange(ref _state, Closed);
        }
        while (!_inputs.IsEmpty);
    }

    /// <summary>The same, with a result; cancelled when it is closed.</summary>
    public Task<T> PostAsync<T>(Func<T> input)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => done.TrySetResult(input()));
        if (Volatile.Read(ref _state) == Closed)
        {
            done.TrySetCanceled();
        }

        return done.Task;
    }

#pragma warning disable CA1031 // Any failure ends the process.
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
