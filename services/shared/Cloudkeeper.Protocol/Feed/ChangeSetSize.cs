using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Feed;

/// <summary>How many bytes the feed takes for change sets, exactly: by it large ones are cut, and not written in vain.</summary>
public static class ChangeSetSize
{
    private const int Tag = 1;

    /// <summary>Of a frame with the whole set. See <see cref="FeedFrameCodec"/>.</summary>
    public static long OfFrame(ChangeSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var bytes = Tag + (3L * sizeof(long))
            + WireSize.OfCount(set.Changes.Count)
            + WireSize.OfCount(set.EndedSessions.Count) + ((long)set.EndedSessions.Count * sizeof(long));
        for (var i = 0; i < set.Changes.Count; i++)
        {
            bytes += Of(set.Changes[i]);
        }

        if (set.TouchedParents.Count > 0)
        {
            bytes += WireSize.OfCount(set.TouchedParents.Count);
            for (var i = 0; i < set.TouchedParents.Count; i++)
            {
                bytes += WireSize.OfString(set.TouchedParents[i]);
            }
        }

        return bytes;
    }

    /// <summary>Without the value before, and without a large value.</summary>
    internal static int Of(Change change)
    {
        var value = change.Value is { Length: <= Limits.FeedValueBytesMax } small ? small.Length : default(int?);
        return Tag + WireSize.OfString(change.Path) + WireSize.OfStat(change.Stat) + WireSize.OfString(change.ContentType)
            + WireSize.Boolean + (value is { } bytes ? WireSize.OfBytes(bytes) : 0) + WireSize.Boolean;
    }
}
