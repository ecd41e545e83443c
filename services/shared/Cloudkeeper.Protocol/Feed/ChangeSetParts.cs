using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Feed;

/// <summary>
/// Cuts change sets that are too large for a frame. Those that fit stay whole: a gateway that knows no parts would refuse the
/// others anyway. <see cref="ChangeSetJoiner"/> puts them together again.
/// </summary>
public static class ChangeSetParts
{
    /// <summary>Of a part, about: it ends behind the change that reaches it.</summary>
    public const int BytesWanted = 1 << 20;

    /// <param name="frameBytesMax">
    /// The limit of one frame. Lower than <see cref="FeedFrameCodec.FrameBytesMax"/> in tests only.
    /// </param>
    /// <param name="bytesWanted">See <see cref="BytesWanted"/>.</param>
    public static IEnumerable<FeedFrame> Cut(
        ChangeSet set, long frameBytesMax = FeedFrameCodec.FrameBytesMax, int bytesWanted = BytesWanted)
    {
        ArgumentNullException.ThrowIfNull(set);
        return ChangeSetSize.OfFrame(set) <= frameBytesMax ? [new ChangeSetFrame(set)] : CutIntoParts(set, bytesWanted);
    }

    private static IEnumerable<ChangeSetPartFrame> CutIntoParts(ChangeSet set, int bytesWanted)
    {
        var (change, session, parent) = (0, 0, 0);
        var isLast = false;
        for (var index = 0; !isLast; index++)
        {
            var room = bytesWanted;
            var part = set with
            {
                Changes = Take(set.Changes, ref change, ChangeSetSize.Of, ref room),
                EndedSessions = Take(set.EndedSessions, ref session, static _ => sizeof(long), ref room),
                TouchedParents = Take(set.TouchedParents, ref parent, WireSize.OfString, ref room),
            };
            isLast = change == set.Changes.Count && session == set.EndedSessions.Count && parent == set.TouchedParents.Count;
            yield return new ChangeSetPartFrame(part, index, isLast);
        }
    }

    /// <summary>The next items, until the room is used up.</summary>
    private static List<T> Take<T>(IReadOnlyList<T> items, ref int next, Func<T, int> bytesOf, ref int room)
    {
        var taken = new List<T>();
        for (; next < items.Count && room > 0; next++)
        {
            taken.Add(items[next]);
            room -= bytesOf(items[next]);
        }

        return taken;
    }
}
