using System.Runtime.InteropServices;
using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Snapshots;

/// <summary>
/// Walks the tree in <see cref="WalkOrder"/>, in slices: the tree may change between them, not within. Each slice finds
/// its place again by the path of the last node that was met, whether or not that node is still there.
/// </summary>
internal sealed class TreeWalk(NodeTree tree)
{
    private readonly List<BlockList<ReadOnlySpan<char>, TreeNode, NameOrder>.Cursor> _levels = [];
    private TreeNode? _last;
    private bool _isAtStart = true;

    /// <summary>The last node that was met before this slice; null before the first.</summary>
    public string? Position { get; private set; }

    public bool IsDone { get; private set; }

    /// <summary>Whether a slice before this one met this path, or would have if the node had been there.</summary>
    public bool HasPassed(string path) =>
        IsDone || (Position is not null && WalkOrder.Compare(path, Position) <= 0);

    public void BeginSlice()
    {
        _levels.Clear();
        if (Position is null)
        {
            return;
        }

        var node = tree.Root;
        foreach (var segment in new PathSegments(Position))
        {
            if (node.Children is not { } children)
            {
                return;
            }

            _levels.Add(children.After(segment));
            if (children.Find(segment) is not { } child)
            {
                return;
            }

            node = child;
        }

        Enter(node);
    }

    /// <summary>The next node, or null when all have been met.</summary>
    public TreeNode? Next()
    {
        if (_isAtStart)
        {
            _isAtStart = false;
            return Meet(tree.Root);
        }

        while (_levels.Count > 0)
        {
            ref var level = ref CollectionsMarshal.AsSpan(_levels)[^1];
            if (level.MoveNext())
            {
                return Meet(level.Current);
            }

            _levels.RemoveAt(_levels.Count - 1);
        }

        IsDone = true;
        return null;
    }

    public void EndSlice()
    {
        Position = _last?.GetPath() ?? Position;
        _last = null;
    }

    private TreeNode Meet(TreeNode node)
    {
        Enter(node);
        _last = node;
        return node;
    }

    private void Enter(TreeNode node)
    {
        if (node.Children is { Count: > 0 } children)
        {
            _levels.Add(children.GetEnumerator());
        }
    }
}
