using System.Diagnostics;
using Cloudkeeper.LoadGenerator.Engine;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>When which revision came to a watcher, and when it was written. Filled by the swarm's one thread.</summary>
internal sealed class Deliveries
{
    private readonly Lock _gate = new();
    private readonly List<(long Revision, long At)> _seen = [];
    private readonly Dictionary<long, long> _written = [];
    private readonly Tally _count = new();

    public void Add(List<long> revisions, long at)
    {
        lock (_gate)
        {
            revisions.ForEach(revision => _seen.Add((revision, at)));
        }

        _count.Add(revisions.Count);
    }

    /// <param name="at">When the write was sent: what a reader sees is later than its commit by all of its way there.</param>
    public void Wrote(long revision, long at)
    {
        lock (_gate)
        {
            _written.Add(revision, at);
        }
    }

    /// <returns>False: not so many in time.</returns>
    public Task<bool> ReachAsync(int count, TimeSpan limit, CancellationToken stopping) =>
        _count.ReachAsync(count, limit, stopping);

    /// <summary>The times from a write to each of its watchers, and to the last of them.</summary>
    public (LatencyHistogram Each, LatencyHistogram Last) Summarize()
    {
        var each = new LatencyHistogram();
        var last = new LatencyHistogram();
        lock (_gate)
        {
            foreach (var write in _seen.Where(seen => _written.ContainsKey(seen.Revision)).GroupBy(seen => seen.Revision))
            {
                var sent = _written[write.Key];
                foreach (var (_, at) in write)
                {
                    each.Record(MicrosecondsBetween(sent, at));
                }

                last.Record(MicrosecondsBetween(sent, write.Max(seen => seen.At)));
            }
        }

        return (each, last);
    }

    private static long MicrosecondsBetween(long from, long to) => (long)Stopwatch.GetElapsedTime(from, to).TotalMicroseconds;
}
