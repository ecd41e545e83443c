using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Watches;

/// <summary>
/// Puts reads at different revisions together to the state at the last of them: what has changed between is in the
/// changes.
/// </summary>
public sealed class SnapshotBuilder(WatchInterest interest, bool withValues)
{
    public const int NodesMax = 200_000;
    public const long BytesMax = 256L << 20;

    private readonly SortedDictionary<string, SnapshotNode> _nodes = new(StringComparer.Ordinal);
    private long _bytes;

    public Revision Earliest { get; private set; } = new(Revision.ValueMax);

    public Revision Latest { get; private set; }

    /// <summary>All of it was read at one revision: no changes are needed.</summary>
    public bool IsOfOneRevision => Earliest == Latest;

    /// <summary>Too much to be held at once.</summary>
    public bool IsTooLarge => _nodes.Count > NodesMax || _bytes > BytesMax;

    /// <summary>Nodes whose values did not come with their changes.</summary>
    public IEnumerable<KeyValuePair<string, SnapshotNode>> WithoutValue =>
        _nodes.Where(node => withValues && node.Value.Value is null);

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

    /// <summary>Takes a page, maybe of nothing. Pages come in the order of their revisions.</summary>
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

    /// <summary>Applies what was changed between the pages.</summary>
    /// <param name="changes">Above <see cref="Earliest"/>, in order, at least up to <see cref="Latest"/>.</param>
    public void Patch(IEnumerable<ChangeSet> changes)
    {
        foreach (var set in changes.TakeWhile(set => set.Revision <= Latest))
        {
            Apply(set);
        }
    }

    /// <summary>Brings a value that was missing.</summary>
    public void Fill(string path, ReadOnlyMemory<byte> value) => Set(path, _nodes[path] with { Value = value });

    public Snapshot Build() => new(Latest, _nodes);

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
                _nodes.Remove(change.Path);
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
        _nodes[path] = node;
        _bytes += node.Value?.Length ?? 0;
    }
}
