namespace Cloudkeeper.Simulation.Engine;

/// <summary>The events to come, by time and, at the same time, by a random number: a heap of four branches.</summary>
internal sealed class EventQueue
{
    private const int Branches = 4;

    private Entry[] _heap = new Entry[1_024];
    private int _count;

    /// <summary>When the next thing is due; the largest number when there is none.</summary>
    public long NextTime => _count == 0 ? long.MaxValue : _heap[0].Time;

    public void Add(long time, ulong tie, Action run)
    {
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, 2 * _count);
        }

        var added = new Entry(time, tie, run);
        var at = _count++;
        while (at > 0 && added.IsBefore(_heap[(at - 1) / Branches]))
        {
            _heap[at] = _heap[(at - 1) / Branches];
            at = (at - 1) / Branches;
        }

        _heap[at] = added;
    }

    public Action Take()
    {
        var first = _heap[0];
        var last = _heap[--_count];
        _heap[_count] = default;
        if (_count > 0)
        {
            Sink(last);
        }

        return first.Run;
    }

    private void Sink(in Entry entry)
    {
        var at = 0;
        while (true)
        {
            var child = (at * Branches) + 1;
            if (child >= _count)
            {
                break;
            }

            var end = Math.Min(child + Branches, _count);
            for (var other = child + 1; other < end; other++)
            {
                child = _heap[other].IsBefore(_heap[child]) ? other : child;
            }

            if (!_heap[child].IsBefore(entry))
            {
                break;
            }

            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = entry;
    }

    private readonly record struct Entry(long Time, ulong Tie, Action Run)
    {
        public bool IsBefore(in Entry other) => Time < other.Time || (Time == other.Time && Tie < other.Tie);
    }
}
