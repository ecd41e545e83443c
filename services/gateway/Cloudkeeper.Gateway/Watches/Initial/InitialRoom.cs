using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Gateway.Watches.Initial;

/// <summary>
/// The bytes that all initial states together may take, in the process's budget. A state that finds no room gives back
/// all its bytes and waits here: none waits while it holds bytes, so there is always one that goes on.
/// </summary>
internal sealed class InitialRoom(MemoryBudget budget, TimeProvider time)
{
    /// <summary>States up to this size have an eighth of the room for themselves: large ones do not shut them out.</summary>
    public const long SmallBytes = 1 << 20;

    private const double ShareOfLarge = 7.0 / 8;

    /// <summary>The budget's other users give back without a notice.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly List<Waiting> _waiting = [];
    private TaskCompletionSource _news = NewSignal();

    /// <summary>The bytes that are held.</summary>
    public long Used => budget.UsedBy(MemoryUse.InitialStates);

    public int WaitingCount
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Whether a state of this size can ever be had.</summary>
    public bool CanHold(long bytes) => bytes <= MostFor(bytes);

    /// <param name="held">The bytes that the state holds; becomes <paramref name="bytes"/>.</param>
    /// <param name="bytes">The bytes that it needs in all.</param>
    /// <returns>False: there is no room. It still holds what it held.</returns>
    public bool TryGrow(ref long held, long bytes)
    {
        lock (_gate)
        {
            var more = bytes - held;
            if (more > 0 && (Used + more > MostFor(bytes) || !budget.TryReserve(MemoryUse.InitialStates, more)))
            {
                return false;
            }

            held += Math.Max(more, 0);
            return true;
        }
    }

    /// <summary>Gives back all that is held.</summary>
    public void GiveBack(ref long held)
    {
        lock (_gate)
        {
            budget.Return(MemoryUse.InitialStates, held);
            held = 0;
            Tell();
        }
    }

    /// <summary>Waits until there is room for so many bytes, which are not taken with that.</summary>
    /// <returns>False: not in time, or another state needs the place in the queue.</returns>
    public async Task<bool> WaitAsync(long bytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var waiting = new Waiting(bytes);
        Task news;
        lock (_gate)
        {
            _waiting.Add(waiting);
            news = _news.Task;
        }

        try
        {
            while (true)
            {
                if (waiting.IsRefused || time.GetElapsedTime(began) >= timeout)
                {
                    return false;
                }

                if (HasRoomFor(bytes))
                {
                    return true;
                }

                await WaitAsync(news, cancellationToken);
                news = Volatile.Read(ref _news).Task;
            }
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Remove(waiting);
            }
        }
    }

    /// <summary>Refuses the state that waits for the most, in favour of one that may need less.</summary>
    /// <returns>False: none waits for much.</returns>
    public bool TryRefuseLargest()
    {
        lock (_gate)
        {
            var largest = _waiting.Where(static waiting => !waiting.IsRefused).MaxBy(static waiting => waiting.Bytes);
            if (largest is null || largest.Bytes <= SmallBytes)
            {
                return false;
            }

            largest.IsRefused = true;
            Tell();
            return true;
        }
    }

    private bool HasRoomFor(long bytes) =>
        Used + bytes <= MostFor(bytes) && budget.Used + bytes <= budget.BytesMax && !budget.IsHeapFull;

    private long MostFor(long bytes)
    {
        var all = budget.BytesMaxOf(MemoryUse.InitialStates);
        return bytes > SmallBytes ? (long)(all * ShareOfLarge) : all;
    }

    private async Task WaitAsync(Task news, CancellationToken cancellationToken)
    {
        try
        {
            await news.WaitAsync(LookInterval, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Time to look.
        }
    }

    private void Tell()
    {
        if (_waiting.Count > 0)
        {
            _news.SetResult();
            Volatile.Write(ref _news, NewSignal());
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Waiting(long bytes)
    {
        public long Bytes => bytes;

        public volatile bool IsRefused;
    }
}
