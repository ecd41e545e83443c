using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Watches;

/// <summary>
/// An initial state is the state at the revision that it names: every node that concerns the watcher, and no other, and
/// nothing older than what was there when it came. The changes above that revision follow (<see cref="ToldChanges"/>).
/// </summary>
internal sealed class SnapshotsAreExact(PathHistories paths)
{
    /// <param name="present">The revision when the watcher asked: it gets no older state.</param>
    /// <param name="concerns">Whether a path is the watcher's business.</param>
    public void Told(Snapshot snapshot, Revision present, Func<string, bool> concerns)
    {
        if (snapshot.Revision < present)
        {
            throw new ViolationException("W5 exact snapshots", $"a watcher that came at {present} is shown revision {snapshot.Revision}");
        }

        foreach (var (path, node) in snapshot.Nodes)
        {
            // The root was never created.
            if (path != NodePath.Root || paths.At(path, snapshot.Revision) is not null)
            {
                Require(path, node, snapshot.Revision);
            }
        }

        foreach (var path in paths.All)
        {
            var isThere = paths.At(path, snapshot.Revision) is not null && concerns(path);
            if (isThere && !snapshot.Nodes.ContainsKey(path))
            {
                throw Wrong(path, snapshot.Revision, "is missing");
            }
        }
    }

    private void Require(string path, SnapshotNode node, Revision at)
    {
        if (paths.At(path, at) is not { } state)
        {
            throw Wrong(path, at, "was not there");
        }

        if (state.Since != node.Stat.ModifiedRevision || state.Stat.Version != node.Stat.Version
            || state.Stat.CreatedRevision != node.Stat.CreatedRevision || state.Value != Hash.Of(node.Value!.Value.Span))
        {
            throw Wrong(path, at, $"was {state}, sent is {node.Stat}");
        }
    }

    private static ViolationException Wrong(string path, Revision at, string what) =>
        new("W5 exact snapshots", $"in what a watcher is shown of revision {at}, {path} {what}");
}
