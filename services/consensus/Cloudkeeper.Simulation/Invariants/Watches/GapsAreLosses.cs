using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Invariants.Watches;

/// <summary>
/// Changes that a subscriber asks for are gone only if more has been changed since than a history has to hold: large
/// values, and one large transaction, take nothing from the others.
/// </summary>
/// <param name="reference">The state behind the last committed entry.</param>
internal sealed class GapsAreLosses(ChangeBook book, StateMachineOptions bounds, Func<StateMachine> reference)
{
    /// <summary>A node has reported that changes above a revision are gone.</summary>
    public void Require(Revision from)
    {
        var first = book.IndexAbove(from);
        var bytes = 0L;
        for (var i = first; i < book.Count; i++)
        {
            bytes += Math.Min(BytesOf(book[i]), bounds.HistoryFactBytesMax / 4);
        }

        var isFull = reference().FeatureLevel >= FeatureLevels.SparingHistory && bytes > bounds.HistoryFactBytesMax;
        if (!isFull && book.Count - first <= bounds.HistorySetsMax)
        {
            throw new ViolationException(
                "W10 gaps are losses",
                $"{book.Count - first} transactions of {bytes} bytes above {from} are reported gone; there is room for "
                + $"{bounds.HistorySetsMax} and {bounds.HistoryFactBytesMax} bytes");
        }
    }

    /// <summary>Of the events, and of small values before; written once more, apart from the code under test.</summary>
    private static long BytesOf(ChangeSet set) =>
        128 + set.TouchedParents.Sum(static path => 64 + (2 * path.Length))
        + set.Changes.Sum(static change =>
            256 + (2L * change.Path.Length) + Small(change.Value) + Small(change.Previous?.Value));

    private static int Small(ReadOnlyMemory<byte>? value) =>
        value is { Length: <= Limits.FeedValueBytesMax and var length } ? length : 0;
}
