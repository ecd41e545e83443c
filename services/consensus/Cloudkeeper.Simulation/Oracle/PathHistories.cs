using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;

namespace Cloudkeeper.Simulation.Oracle;

/// <summary>The node of each path at each revision, put together from the committed changes alone.</summary>
internal sealed class PathHistories : ICommittedCheck
{
    private readonly Dictionary<string, List<PathState>> _paths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SortedSet<string>> _children = new(StringComparer.Ordinal);

    /// <summary>Every path that there ever was.</summary>
    public IReadOnlyCollection<string> All => _paths.Keys;

    /// <summary>The names of all children that a path ever had, in order.</summary>
    public IReadOnlyCollection<string> ChildrenEver(string path) =>
        _children.TryGetValue(path, out var names) ? names : [];

    public void Check(CommittedEntry entry)
    {
        foreach (var set in entry.Changes)
        {
            foreach (var change in set.Changes)
            {
                Note(set.Revision, change);
            }
        }
    }

    /// <summary>The state of a path after a revision; null: absent.</summary>
    public PathState? At(string path, Revision revision) =>
        Last(path, revision) is { Exists: true } state ? state : null;

    /// <summary>The last that happened to a path up to a revision; null: nothing ever did.</summary>
    public PathState? Last(string path, Revision revision)
    {
        if (!_paths.TryGetValue(path, out var states))
        {
            return null;
        }

        var low = 0;
        var high = states.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (states[middle].Since <= revision)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 ? states[low - 1] : null;
    }

    private void Note(Revision revision, Change change)
    {
        if (!_paths.TryGetValue(change.Path, out var states))
        {
            _paths.Add(change.Path, states = []);
            NoteChild(NodePath.ParentOf(change.Path), NodePath.NameOf(change.Path));
        }

        var value = change.Value is { } bytes ? Hash.Of(bytes.Span) : 0;
        states.Add(new PathState(revision, change.Type != ChangeType.Deleted, change.Stat, value));
    }

    private void NoteChild(string parent, string name)
    {
        if (!_children.TryGetValue(parent, out var names))
        {
            _children.Add(parent, names = new SortedSet<string>(StringComparer.Ordinal));
        }

        names.Add(name);
    }
}

/// <param name="Since">The revision that brought it about.</param>
/// <param name="Value">A hash of the value.</param>
internal readonly record struct PathState(Revision Since, bool Exists, NodeStat Stat, ulong Value);
