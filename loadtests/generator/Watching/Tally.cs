namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>Counts what many connections bring, and wakes the waiter when it is enough.</summary>
internal sealed class Tally
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private int _enough = int.MaxValue;

    public void Add(int count)
    {
        lock (_gate)
        {
            _count += count;
            if (_count >= _enough)
            {
                _reached.TrySetResult();
            }
        }
    }

    /// <summary>Once only.</summary>
    /// <returns>False: not in time.</returns>
    public async Task<bool> ReachAsync(int enough, TimeSpan limit, CancellationToken stopping)
    {
        lock (_gate)
        {
            _enough = enough;
        }

        Add(0);
        try
        {
            await _reached.Task.WaitAsync(limit, stopping);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
