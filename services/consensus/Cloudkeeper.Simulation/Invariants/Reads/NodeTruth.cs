using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Invariants.Reads;

/// <summary>An answer about a node at a revision, against the committed changes.</summary>
/// <param name="touches">Since when change sets name every parent that is touched.</param>
/// <param name="deletions">Since when a deletion is remembered for good, if only by the floor of those that were forgotten.</param>
/// <param name="reference">Knows also what changes do not carry, of the newest revision.</param>
internal sealed class NodeTruth(
    PathHistories paths, LevelBook touches, LevelBook deletions, Func<StateMachine> reference)
{
    /// <returns>Null: it is right.</returns>
    public string? Contradiction(ReadNodeRequest request, ReadNodeResult result, Revision at)
    {
        var expected = paths.At(request.Path, at);
        if (result.Stat is not { } stat)
        {
            return expected is null ? AbsenceContradiction(request.Path, result, at) : $"it was there since {expected.Value.Since}";
        }

        // The root was never created.
        if (request.Path != NodePath.Root
            && (expected is not { } state || state.Since != stat.ModifiedRevision
                || state.Stat.Version != stat.Version || state.Stat.CreatedRevision != stat.CreatedRevision
                || (request.WithValue && state.Value != Hash.Of(result.Value.Span))))
        {
            return $"it was {expected}";
        }

        var known = reference().Revision == at
            ? ((ReadNodeResult)reference().Read(request)).Stat
            : stat;

        // The effect of children that came and went below it before change sets named the parent is missing until the
        // next touch.
        var expectedStat = known is { } told && !(told.ChildrenRevision > touches.Since)
            ? told with { ChildrenVersion = stat.ChildrenVersion, ChildrenRevision = stat.ChildrenRevision }
            : known;
        return expectedStat == stat ? null : $"its stat was {known}";
    }

    /// <summary>A long poll for a state newer than the one before the deletion must not wait for ever.</summary>
    private string? AbsenceContradiction(string path, ReadNodeResult result, Revision at)
    {
        var isTooOld = paths.Last(path, at) is { } deletion && deletion.Since > deletions.Since
            && result.AbsentSince < deletion.Since;
        return isTooOld || result.AbsentSince > at
            ? $"it was deleted in {paths.Last(path, at)?.Since} and is reported absent since {result.AbsentSince}"
            : null;
    }
}
