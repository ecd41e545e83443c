using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Tree.Nodes;

namespace Cloudkeeper.Tree.Transactions;

/// <summary>Turns a journal into its net effect: one change per path, in the order of the paths.</summary>
internal static class NetChanges
{
    public static IReadOnlyList<Change> Of(ReadOnlySpan<JournalEntry> journal)
    {
        var steps = new List<Step>(1);
        foreach (var entry in journal)
        {
            if (entry.Node is { } node && entry.Kind != JournalKind.ChildrenChanged)
            {
                steps.Add(new Step(node.GetPath(), steps.Count, entry));
            }
        }

        return steps.Count switch
        {
            0 => [],
            1 => Describe(steps[0], steps[0]) is { } only ? [only] : [],
            _ => Merge(steps),
        };
    }

    private static List<Change> Merge(List<Step> steps)
    {
        steps.Sort(Step.Order);
        var changes = new List<Change>(steps.Count);
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

            first = last + 1;
        }

        return changes;
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
