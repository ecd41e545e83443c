using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Reads;

/// <summary>
/// Meets a node and all nodes below it in the order of the bytes of their full paths. This is not the order in which
/// one walks a tree: <c>/a-b</c> comes before <c>/a/b</c>, because '-' comes before '/'.
/// </summary>
/// <remarks>The tree must not change meanwhile.</remarks>
internal sealed class PathOrderWalk
{
    private readonly TreeNode _top;
    private readonly int _depthMax;
    private readonly Stack<Level> _levels = [];
    private bool _isAtTop = true;

    /// <param name="depthMax">How far below <paramref name="top"/> to go; 0: only itself.</param>
    public PathOrderWalk(TreeNode top, int depthMax)
    {
        _top = top;
        _depthMax = depthMax;
    }

    /// <summary>Whether a walk from <paramref name="top"/> could meet <paramref name="path"/>.</summary>
    public static bool IsWithin(string top, string path) =>
        path == top
        || top == NodePath.Root
        || (path.StartsWith(top, StringComparison.Ordinal) && path[top.Length] == '/');

    /// <summary>Goes on behind <paramref name="path"/>, whether or not there is still such a node.</summary>
    /// <param name="path">Within the walk.</param>
    public void SkipThrough(string path)
    {
        _isAtTop = false;
        var topPath = _top.GetPath();
        var below = topPath == NodePath.Root ? path : path[topPath.Length..];
        if (below.Length <= 1)
        {
            Enter(_top);
            return;
        }

        var node = _top;
        for (var rest = below.AsSpan(1); node is not null && node.Children is { } children && _levels.Count < _depthMax;)
        {
            var slash = rest.IndexOf('/');
            var name = slash < 0 ? rest : rest[..slash];
            var level = new Level(children.After(slash < 0 ? name : rest[..(slash + 1)]));
            _levels.Push(level);
            WaitForPrefixes(level, children, name);
            node = children.Find(name);
            if (slash < 0)
            {
                Wait(level, node);
                return;
            }

            rest = rest[(slash + 1)..];
        }
    }

    /// <summary>The next node; null when all have been met.</summary>
    public TreeNode? Next()
    {
        if (_isAtTop)
        {
            _isAtTop = false;
            Enter(_top);
            return _top;
        }

        while (_levels.TryPeek(out var level))
        {
            if (level.TakeDue() is { } due)
            {
                Enter(due);
            }
            else if (level.Take() is { } node)
            {
                Wait(level, node);
                return node;
            }
            else
            {
                _levels.Pop();
            }
        }

        return null;
    }

    /// <summary>
    /// Nodes that were met earlier on this level and have their children still to come: the prefixes of this name.
    /// </summary>
    private void WaitForPrefixes(Level level, NodeChildren children, ReadOnlySpan<char> name)
    {
        for (var length = 1; length < name.Length; length++)
        {
            if (name[length] < '/')
            {
                Wait(level, children.Find(name[..length]));
            }
        }
    }

    private void Wait(Level level, TreeNode? node)
    {
        if (node is { ChildCount: > 0 } && _levels.Count < _depthMax)
        {
            level.Waiting.Push(node);
        }
    }

    private void Enter(TreeNode node)
    {
        if (node.Children is { Count: > 0 } children && _levels.Count < _depthMax)
        {
            _levels.Push(new Level(children.GetEnumerator()));
        }
    }

    /// <summary>The children of one node.</summary>
    private sealed class Level(BlockList<ReadOnlySpan<char>, TreeNode, NameOrder>.Cursor siblings)
    {
        private BlockList<ReadOnlySpan<char>, TreeNode, NameOrder>.Cursor _siblings = siblings;
        private TreeNode? _ahead;
        private bool _hasLookedAhead;

        /// <summary>Met, with the nodes below them still to come; each name is a prefix of the next.</summary>
        public Stack<TreeNode> Waiting { get; } = [];

        /// <summary>Of those that wait, one whose children come before the next sibling.</summary>
        public TreeNode? TakeDue() =>
            Waiting.TryPeek(out var node) && (Ahead() is not { } ahead || !ComesBeforeChildren(ahead.Name, node.Name))
                ? Waiting.Pop()
                : null;

        public TreeNode? Take()
        {
            var taken = Ahead();
            _hasLookedAhead = false;
            return taken;
        }

        /// <summary>Whether <paramref name="sibling"/>, which is behind <paramref name="name"/>, is before <c>name/</c>.</summary>
        private static bool ComesBeforeChildren(string sibling, string name) =>
            sibling.StartsWith(name, StringComparison.Ordinal) && sibling[name.Length] < '/';

        private TreeNode? Ahead()
        {
            if (!_hasLookedAhead)
            {
                _hasLookedAhead = true;
                _ahead = _siblings.MoveNext() ? _siblings.Current : null;
            }

            return _ahead;
        }
    }
}
