using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>Turns a journal into its net effect: one change per path, in the order of the paths.</summary>
internal static class NetChanges
{
    /// <param name="touched">See <see cref="ChangeSet.TouchedParents"/>.</param>
    public static IReadOnlyList<Change> Of(Transaction transaction, out IReadOnlyList<string> touched)
    {
        var steps = new List<Step>(1);
        foreach (var entry in transaction.Journal)
        {
            if (entry.Node is { } node && entry.Kind != JournalKind.ChildrenChanged)
            {
                steps.Add(new Step(node.GetPath(), steps.Count, entry));
            }
        }

        touched = [];
        return steps.Count switch
        {
            0 => [],
            1 => Describe(steps[0], steps[0]) is { } only ? [only] : [],
            _ => Merge(steps, transaction.Revision, out touched),
        };
    }

    private static List<Change> Merge(List<Step> steps, Revision revision, out IReadOnlyList<string> touched)
    {
        steps.Sort(Step.Order);
        var changes = new List<Change>(steps.Count);
        List<string>? undone = null;
        for (var first = 0; first < steps.Count;)
        {
            var last = first;
            while (last + 1 < steps.Count && steps[last + 1].Path == steps[first].Path)
            {
                last++;
            }

            if (Describe(steps[first], steps[last]) is { } change)
            {
                changes.Add(change);
            }
            else
            {
                (undone ??= []).Add(steps[first].Path);
            }

            first = last + 1;
        }

        touched = undone is null ? [] : ParentsOf(undone, changes, revision);
        return changes;
    }

    /// <param name="undone">What the transaction has created and deleted again.</param>
    /// <returns>The parents of those, as far as they are there and no change says more of them than that.</returns>
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

    private readonly record struct Step(string Path, int Sequence, JournalEntry Entry)
    {
        public TreeNode? Before => Entry.Kind switch
        {
            JournalKind.NodeCreated => null,
            JournalKind.NodeChanged => Entry.Before,
            _ => Entry.Node,
        };

        public TreeNode? After => Entry.Kind switch
        {
            JournalKind.NodeCreated or JournalKind.NodeChanged => Entry.Node,
            _ => null,
        };

        public static int Order(Step left, Step right)
        {
            var order = string.CompareOrdinal(left.Path, right.Path);
            return order != 0 ? order : left.Sequence.CompareTo(right.Sequence);
        }
    }
}
