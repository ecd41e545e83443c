namespace Cloudkeeper.Hosting.Memory;

/// <summary>Bytes taken from a <see cref="MemoryBudget"/>, until they are given back. For one caller at a time.</summary>
public sealed class MemoryLease : IDisposable
{
    private readonly MemoryBudget _budget;
    private readonly MemoryUse _use;
    private long _bytes;

    internal MemoryLease(MemoryBudget budget, MemoryUse use, long bytes)
    {
        _budget = budget;
        _use = use;
        _bytes = bytes;
    }

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Takes more where more is needed.</summary>
    /// <param name="bytes">In all. Nothing is taken when so much is held already.</param>
    /// <returns>False: there is no room; the lease keeps its bytes.</returns>
    public bool TryGrowTo(long bytes)
    {
        var more = bytes - _bytes;
        if (more <= 0)
        {
            return true;
        }

        if (!_budget.TryReserve(_use, more))
        {
            return false;
        }

        _bytes = bytes;
        return true;
    }

    /// <summary>Gives back the bytes above a size.</summary>
    public void ShrinkTo(long bytes)
    {
        if (bytes < _bytes)
        {
            _budget.Return(_use, _bytes - bytes);
            _bytes = bytes;
        }
    }

    /// <summary>Gives everything back, however often it is called.</summary>
    public void Dispose() => _budget.Return(_use, Interlocked.Exchange(ref _bytes, 0));
}
