using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Cache;

/// <summary>
/// When paths were last changed, for as many paths as fit: an entry that was read at a revision is current if its path
/// has not been changed since.
/// </summary>
/// <remarks>
/// A path counts once however often it changes: under a load of writes to a few nodes this reaches back much further
/// than a window of the same number of transactions.
/// </remarks>
public sealed class ChangeFloors(long bytesMax)
{
    private const int OverheadBytes = 150;

    private readonly Dictionary<string, LinkedListNode<Floor>> _byPath = new(StringComparer.Ordinal);

    // The least recently changed one first.
    private readonly LinkedList<Floor> _byRevision = [];
    private long _bytes;

    /// <summary>All changes above this revision are known here.</summary>
    public Revision Start { get; private set; }

    public int Count => _byPath.Count;

    public void Restart(Revision start)
    {
        _byPath.Clear();
        _byRevision.Clear();
        _bytes = 0;
        Start = start;
    }

    /// <param name="revision">Not below that of any call before.</param>
    public void Touch(string path, Revision revision)
    {
        if (_byPath.TryGetValue(path, out var node))
        {
            _byRevision.Remove(node);
            node.Value = node.Value with { Revision = revision };
            _byRevision.AddLast(node);
            return;
        }

        _byPath.Add(path, _byRevision.AddLast(new Floor(path, revision)));
        _bytes += BytesOf(path);
        while (_bytes > bytesMax)
        {
            Forget(_byRevision.First!);
        }
    }

    /// <summary>Whether it is proved that a path has not changed above a revision. False also when that is not known.</summary>
    public bool IsUnchangedSince(string path, Revision revision) =>
        revision >= Start && (!_byPath.TryGetValue(path, out var floor) || floor.Value.Revision <= revision);

    private static long BytesOf(string path) => OverheadBytes + (sizeof(char) * path.Length);

    private void Forget(LinkedListNode<Floor> oldest)
    {
        _byRevision.Remove(oldest);
        _byPath.Remove(oldest.Value.Path);
        _bytes -= BytesOf(oldest.Value.Path);
        Start = oldest.Value.Revision;
    }

    private readonly record struct Floor(string Path, Revision Revision);
}
