namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>What must never happen and did. Keeps the first few in words, counts all.</summary>
internal sealed class Violations
{
    private const int KeptMax = 20;

    private readonly Lock _gate = new();
    private readonly List<string> _first = [];
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public IReadOnlyList<string> First
    {
        get
        {
            lock (_gate)
            {
                return [.. _first];
            }
        }
    }

    public void Add(string violation)
    {
        Interlocked.Increment(ref _count);
        lock (_gate)
        {
            if (_first.Count < KeptMax)
            {
                _first.Add(violation);
            }
        }
    }
}
