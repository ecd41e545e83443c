namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>What is known of one node: how new it is at least, and which write made which revision.</summary>
internal sealed class KeyHistory(string path, Violations violations)
{
    /// <summary>Revisions whose writes are remembered. A reader that is later than that finds nothing to compare with.</summary>
    private const int RememberedMax = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<long, long> _writes = [];
    private readonly Queue<long> _order = new();

    public RevisionFloor Floor { get; } = new();

    /// <param name="floor">Of this node when the request was sent.</param>
    public void Written(long write, long revision, long floor)
    {
        if (revision <= floor)
        {
            violations.Add($"{path}: write {write:x} was acknowledged at revision {revision}, which is not above {floor}.");
        }

        Learn(write, revision);
    }

    /// <param name="floor">Of this node when the request was sent.</param>
    public void Read(long write, long revision, long floor)
    {
        if (revision < floor)
        {
            violations.Add($"{path}: a stale read: revision {revision}, although {floor} was known before it was sent.");
        }

        Learn(write, revision);
    }

    private void Learn(long write, long revision)
    {
        Floor.Raise(revision);
        lock (_gate)
        {
            if (_writes.TryGetValue(revision, out var known))
            {
                if (known != write)
                {
                    violations.Add($"{path}: revision {revision} was write {known:x} and then write {write:x}.");
                }

                return;
            }

            _writes.Add(revision, write);
            _order.Enqueue(revision);
            if (_order.Count > RememberedMax)
            {
                _writes.Remove(_order.Dequeue());
            }
        }
    }
}
