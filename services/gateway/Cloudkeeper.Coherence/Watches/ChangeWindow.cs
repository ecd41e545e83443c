using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// The last change sets, so that watchers that come back after a short absence cost the nodes nothing. Bounded in count
/// and bytes. Without gaps: each set begins where the one before ended.
/// </summary>
public sealed class ChangeWindow(int countMax, long bytesMax)
{
    private const int OverheadBytes = 200;

    private readonly Queue<ChangeSet> _sets = [];
    private long _bytes;

    /// <summary>All changes above this revision, up to the newest set, are here.</summary>
    public Revision Start { get; private set; }

    /// <summary>What a set keeps in memory, roughly.</summary>
    public static long BytesOf(ChangeSet set)
    {
        var bytes = (long)OverheadBytes;
        foreach (var change in set.Changes)
        {
            bytes += OverheadBytes + (2 * change.Path.Length) + (change.Value?.Length ?? 0);
        }

        foreach (var path in set.TouchedParents)
        {
            bytes += OverheadBytes + (2 * path.Length);
        }

        return bytes;
    }

    public void Restart(Revision start)
    {
        _sets.Clear();
        _bytes = 0;
        Start = start;
    }

    public void Add(ChangeSet set)
    {
        _sets.Enqueue(set);
        _bytes += BytesOf(set);
        while (_sets.Count > countMax || _bytes > bytesMax)
        {
            var oldest = _sets.Dequeue();
            _bytes -= BytesOf(oldest);
            Start = oldest.Revision;
        }
    }

    /// <summary>Adds the sets above a revision, at most some of them, in order.</summary>
    /// <returns>False: some of them are gone.</returns>
    public bool TryRead(Revision from, int readMax, ICollection<ChangeSet> into)
    {
        if (from < Start)
        {
            return false;
        }

        foreach (var set in _sets)
        {
            if (set.Revision > from && into.Count < readMax)
            {
                into.Add(set);
            }
        }

        return true;
    }
}
