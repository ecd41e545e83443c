using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>
/// Puts reads at different revisions together to the state at the last of them: what has changed between is in the
/// changes.
/// </summary>
internal sealed class SnapshotBuilder(WatchInterest interest)
{
    private const int NodesMax = 200_000;
    private const long BytesMax = 256L << 20;

    private readonly SortedDictionary<string, SnapshotNode> _nodes = new(StringComparer.Ordinal);
    private long _bytes;

    public Revision Earliest { get; private set; } = new(Revision.ValueMax);

    public Revision Latest { get; private set; }

    /// <summary>Nodes whose values did not come with their changes.</summary>
    public IEnumerable<KeyValuePair<string, SnapshotNode>> WithoutValue =>
        _nodes.Where(static node => node.Value.Value is null);

    /// <summary>Something was read at a revision, maybe that there is nothing.</summary>
    public void Saw(Revision revision)
    {
        Earliest = revision < Earliest ? revision : Earliest;
        Latest = revision > Latest ? revision : Latest;
    }

    /// <exception cref="ProblemException">Too much to be held at once.</exception>
    public void Add(string path, SnapshotNode node)
    {
        _nodes[path] = node;
        _bytes += node.Value?.Length ?? 0;
        if (_nodes.Count > NodesMax || _bytes > BytesMax)
        {
            throw new ProblemException(
                ErrorKinds.Overloaded, $"More than {NodesMax} nodes or {BytesMax} bytes at once: watch smaller parts.");
        }
    }

    /// <summary>Applies a transaction above <see cref="Earliest"/>; in order, up to <see cref="Latest"/>.</summary>
    public void Apply(ChangeSet set)
    {
        foreach (var change in set.Changes)
        {
            if (!interest.Matches(change.Path)
                || (_nodes.TryGetValue(change.Path, out var seen) && seen.ReadAt >= set.Revision))
            {
                continue;
            }

            if (change.Type == ChangeType.Deleted)
            {
                _nodes.Remove(change.Path);
            }
            else
            {
                Add(change.Path, new SnapshotNode(change.Stat, change.ContentType, change.Value, set.Revision));
            }
        }
    }

    public Snapshot Build() => new(Latest, _nodes);
}
