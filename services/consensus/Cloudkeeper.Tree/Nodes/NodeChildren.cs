using Cloudkeeper.Tree.Collections;
using Cloudkeeper.Tree.Locks;

namespace Cloudkeeper.Tree.Nodes;

/// <summary>The children of one node, in the order of their names.</summary>
internal sealed class NodeChildren
{
    private readonly BlockList<ReadOnlySpan<char>, TreeNode, NameOrder> _byName = new();
    private LockQueue? _queue;

    public int Count => _byName.Count;

    /// <summary>
    /// How many nodes are below, children included: the cost of a deletion is known before it begins.
    /// </summary>
    public int Descendants { get; set; }

    /// <summary>How many characters their paths have, each from behind the path of this node on.</summary>
    public long PathChars { get; set; }

    /// <summary>Those that stand in the queue of a lock. Kept up to date from the first time that it is asked for.</summary>
    public LockQueue Queue => _queue ??= LockQueue.Of(this);

    public TreeNode? Find(ReadOnlySpan<char> name) => _byName.Find(name);

    public void Add(TreeNode child)
    {
        _byName.Add(child);
        _queue?.Add(child);
    }

    public void Remove(TreeNode child)
    {
        _byName.Remove(child.Name);
        _queue?.Remove(child);
    }

    /// <summary>Takes several out.</summary>
    /// <param name="run">In the order of their names.</param>
    public void Remove(ReadOnlySpan<TreeNode> run)
    {
        _byName.RemoveRun(run);
        if (_queue is { } queue)
        {
            foreach (var child in run)
            {
                queue.Remove(child);
            }
        }
    }

    public BlockList<ReadOnlySpan<char>, TreeNode, NameOrder>.Cursor GetEnumerator() => _byName.Start();

    public BlockList<ReadOnlySpan<char>, TreeNode, NameOrder>.Cursor After(ReadOnlySpan<char> name) => _byName.After(name);
}

/// <summary>Ordinal: for the characters that a path may have this is the order of the UTF-8 bytes.</summary>
internal readonly struct NameOrder : IBlockOrder<ReadOnlySpan<char>, TreeNode>
{
    public static int Compare(ReadOnlySpan<char> key, TreeNode item) => key.SequenceCompareTo(item.Name.AsSpan());

    public static ReadOnlySpan<char> KeyOf(TreeNode item) => item.Name;
}
