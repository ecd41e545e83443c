using System.Runtime.InteropServices;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Reads;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>Turns a journal into its net effect: one change per path, in the order of the paths.</summary>
internal static class NetChanges
{
    public static NetEffect Of(Transaction transaction)
    {
        var belowCount = transaction.CountBelow();
        List<DeletedNode>? below = belowCount == 0 ? null : new(belowCount);
        var steps = new List<Step>(transaction.Journal.Length + belowCount);
        foreach (ref readonly var entry in transaction.Journal)
        {
            if (entry.Node is { } node && entry.Kind != JournalKind.ChildrenChanged)
            {
                var path = entry.Path ?? node.GetPath();
                steps.Add(new Step(path, steps.Count, BeforeOf(entry), AfterOf(entry)));
                if (entry.Kind == JournalKind.NodeDeleted && below is not null && node.ChildCount > 0)
                {
                    AddBelow(node, path, below, steps);
                }
            }
        }

        return IsInOrder(steps)
            ? new NetEffect(DescribeEach(steps), [], below ?? [])
            : Merge(steps, below ?? [], transaction.Revision);
    }

    private static TreeNode? BeforeOf(in JournalEntry entry) => entry.Kind switch
    {
        JournalKind.NodeCreated => null,
        JournalKind.NodeChanged => entry.Before,
        _ => entry.Node,
    };

    private static TreeNode? AfterOf(in JournalEntry entry) =>
        entry.Kind is JournalKind.NodeCreated or JournalKind.NodeChanged ? entry.Node : null;

    /// <summary>All that went with a deleted node, in the order of the paths.</summary>
    private static void AddBelow(TreeNode top, string topPath, List<DeletedNode> below, List<Step> steps)
    {
        var walk = new PathOrderWalk(top, int.MaxValue);
        walk.Next();
        var (last, lastPath, parent, parentPath) = (top, topPath, top, topPath);
        while (walk.Next() is { } node)
        {
            // Most nodes follow a sibling or their parent.
            if (!ReferenceEquals(node.Parent, parent))
            {
                parent = node.Parent!;
                parentPath = ReferenceEquals(parent, last) ? lastPath : parent.GetPath();
            }

            (last, lastPath) = (node, NodePath.Join(parentPath, node.Name));
            below.Add(new DeletedNode(lastPath, node));
            steps.Add(new Step(lastPath, steps.Count, node, After: null));
        }
    }

    /// <summary>Whether each path comes once, and in order.</summary>
    private static bool IsInOrder(List<Step> steps)
    {
        for (var i = 1; i < steps.Count; i++)
        {
            if (string.CompareOrdinal(steps[i - 1].Path, steps[i].Path) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private static Change[] DescribeEach(List<Step> steps)
    {
        var changes = steps.Count == 0 ? [] : new Change[steps.Count];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = Describe(steps[i], steps[i])!;
        }

        return changes;
    }

    private static NetEffect Merge(List<Step> steps, IReadOnlyList<DeletedNode> below, Revision revision)
    {
        var paths = steps.ConvertAll(static step => step.Path);
        PathSort.Sort(CollectionsMarshal.AsSpan(paths), CollectionsMarshal.AsSpan(steps));
        var changes = new List<Change>(steps.Count);
        List<string>? undone = null;
        for (var at = 0; at < steps.Count;)
        {
            var path = steps[at].Path;
            var (first, last) = (steps[at], steps[at]);
            for (at++; at < steps.Count && steps[at].Path == path; at++)
            {
                first = steps[at].Sequence < first.Sequence ? steps[at] : first;
                last = steps[at].Sequence > last.Sequence ? steps[at] : last;
            }

            if (Describe(first, last) is { } change)
            {
                changes.Add(change);
            }
            else
            {
                (undone ??= []).Add(path);
            }
        }

        return new NetEffect(changes, undone is null ? [] : ParentsOf(undone, changes, revision), below);
    }

    /// <param name="undone">Paths that the transaction has created and deleted again.</param>
    /// <returns>The parents of those, as far as they are there and have no change of their own.</returns>
    private static List<string> ParentsOf(List<string> undone, List<Change> changes, Revision revision)
    {
        var told = new HashSet<string>(undone, StringComparer.Ordinal);
        foreach (var change in changes)
        {
            told.Add(change.Path);
            if (change.TouchesParent(revision))
            {
                told.Add(NodePath.ParentOf(change.Path));
            }
        }

        var touched = new List<string>();
        foreach (var path in undone)
        {
            var parent = NodePath.ParentOf(path);
            if (told.Add(parent))
            {
                touched.Add(parent);
            }
        }

        touched.Sort(StringComparer.Ordinal);
        return touched;
    }

    private static Change? Describe(in Step first, in Step last) => (first.Before, last.After) switch
    {
        (null, null) => null,
        (null, { } after) => Written(ChangeType.Created, first.Path, after, previous: null),
        ({ } before, null) => new Change(
            ChangeType.Deleted, first.Path, before.Stat, before.ContentType, Value: null, ValueOf(before)),
        ({ } before, { } after) => Written(ChangeType.Changed, first.Path, after, ValueOf(before)),
    };

    private static Change Written(ChangeType type, string path, TreeNode after, PreviousValue? previous) =>
        new(type, path, after.Stat, after.ContentType, after.Value, previous);

    private static PreviousValue ValueOf(TreeNode node) => new(node.Version, node.ContentType, node.Value);

    /// <param name="Sequence">
    /// Of the steps of one path the first has the state before, and the last the state behind.
    /// </param>
    private readonly record struct Step(string Path, int Sequence, TreeNode? Before, TreeNode? After);
}
