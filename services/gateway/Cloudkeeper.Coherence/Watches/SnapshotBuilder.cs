using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// Puts reads at different revisions together to the state at one that is behind all of them: the differences are in
/// the changes between.
/// </summary>
public sealed class SnapshotBuilder(WatchInterest interest, bool withValues)
{
    /// <summary>A node's memory besides its path, its content type and its value, roughly.</summary>
    private const int OverheadBytes = 400;

    private readonly SortedDictionary<string, SnapshotNode> _nodes = new(StringComparer.Ordinal);

    /// <summary>Changes above this revision may be missing in the pages, older ones are not.</summary>
    public Revision Earliest { get; private set; } = new(Revision.ValueMax);

    /// <summary>Of the last page.</summary>
    public Revision Latest { get; private set; }

    /// <summary>The memory of all of it, roughly.</summary>
    public long Bytes { get; private set; }

    /// <summary>Nodes whose values did not come with their changes.</summary>
    public IEnumerable<KeyValuePair<string, SnapshotNode>> WithoutValue =>
        _nodes.Where(node => withValues && node.Value.Value is null);

    /// <summary>In the order of the paths.</summary>
    public IReadOnlyDictionary<string, SnapshotNode> Nodes => _nodes;

    /// <summary>The question for a page of a target.</summary>
    /// <param name="after">The last path of the page before; empty: the first page.</param>
    public ReadSubtreeRequest PageOf(WatchTarget target, string after, int limit)
    {
        var depthMax = target.Scope switch
        {
            WatchScope.Node => 0,
            WatchScope.Children => 1,
            _ => int.MaxValue,
        };
        return new ReadSubtreeRequest(target.Path, after, depthMax, limit, withValues);
    }

    /// <summary>Takes a page, maybe of nothing.</summary>
    /// <param name="at">Not before the patched revision: a deleted node would come back.</param>
    /// <returns>Behind which path the next page begins; null: this was the last one.</returns>
    public string? Add(WatchTarget target, ReadSubtreeResult page, Revision at)
    {
        Earliest = at < Earliest ? at : Earliest;
        Latest = at > Latest ? at : Latest;
        foreach (var node in page.Nodes)
        {
            // Of the children alone, without the node above them, if that is the scope.
            if (target.Matches(node.Path))
            {
                ReadOnlyMemory<byte>? value = withValues ? node.Value : default(ReadOnlyMemory<byte>?);
                Set(node.Path, new SnapshotNode(node.Stat, node.ContentType, value, at));
            }
        }

        return page.HasMore ? page.Nodes[^1].Path : null;
    }

    /// <summary>Applies the changes of the meantime. Later pages have to be of this revision or later.</summary>
    /// <param name="changes">Above <see cref="Earliest"/>, in order, at least up to <paramref name="through"/>.</param>
    public void Patch(IEnumerable<ChangeSet> changes, Revision through)
    {
        foreach (var set in changes.TakeWhile(set => set.Revision <= through))
        {
            Apply(set);
        }

        Earliest = through > Earliest ? through : Earliest;
    }

    /// <summary>Brings a value that was missing.</summary>
    public void Fill(string path, ReadOnlyMemory<byte> value) => Set(path, _nodes[path] with { Value = value });

    private void Apply(ChangeSet set)
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
                Remove(change.Path);
            }
            else
            {
                var value = withValues ? change.Value : null;
                Set(change.Path, new SnapshotNode(change.Stat, change.ContentType, value, set.Revision));
            }
        }
    }

    private void Set(string path, SnapshotNode node)
    {
        Remove(path);
        _nodes.Add(path, node);
        Bytes += BytesOf(path, node);
    }

    private void Remove(string path)
    {
        if (_nodes.Remove(path, out var node))
        {
            Bytes -= BytesOf(path, node);
        }
    }

    private static int BytesOf(string path, SnapshotNode node) =>
        OverheadBytes + (2 * (path.Length + node.ContentType.Length)) + (node.Value?.Length ?? 0);
}
