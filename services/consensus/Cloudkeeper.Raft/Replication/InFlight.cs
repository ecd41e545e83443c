namespace Cloudkeeper.Raft.Replication;

/// <summary>The appends on the way to one follower, oldest first, limited in count and in bytes.</summary>
internal sealed class InFlight(int countMax, long bytesMax)
{
    private readonly Queue<(LogIndex Last, long Bytes)> _appends = new();
    private long _bytes;

    public bool IsFull => _appends.Count >= countMax || _bytes >= bytesMax;

    public int Count => _appends.Count;

    public void Add(LogIndex last, long bytes)
    {
        Invariant.Require(!IsFull);
        _appends.Enqueue((last, bytes));
        _bytes += bytes;
    }

    /// <summary>The follower has all entries up to here.</summary>
    public void FreeThrough(LogIndex match)
    {
        while (_appends.TryPeek(out var oldest) && oldest.Last <= match)
        {
            _appends.Dequeue();
            _bytes -= oldest.Bytes;
        }
    }

    public void Clear()
    {
        _appends.Clear();
        _bytes = 0;
    }
}
