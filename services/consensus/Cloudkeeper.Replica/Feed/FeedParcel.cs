using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Replica.Feed;

/// <summary>
/// The frames that are passed on to all streams at a time, encoded once for all of them. Thread safe.
/// </summary>
public sealed class FeedParcel
{
    private readonly Lock _gate = new();
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly IEnumerator<ReadOnlyMemory<byte>> _rest;

    private FeedParcel(IReadOnlyList<FeedFrame> frames, long bytes, FrameLimits limits)
    {
        Bytes = bytes;
        _rest = FeedFrames.Encode(frames, limits).GetEnumerator();
    }

    /// <summary>Of all pieces; of a large set about.</summary>
    public long Bytes { get; private set; }

    public static FeedParcel Of(IReadOnlyList<FeedFrame> frames, FrameLimits limits)
    {
        var parcel = new FeedParcel(frames, bytes: 0, limits);
        while (parcel.TryEncode())
        {
            parcel.Bytes += parcel._pieces[^1].Length;
        }

        return parcel;
    }

    /// <summary>
    /// To encode it takes longer than the replica's turn has for it: the stream that comes first to a piece does.
    /// </summary>
    public static FeedParcel OfLarge(ChangeSet set, long bytes, FrameLimits limits) =>
        new([new ChangeSetFrame(set)], bytes, limits);

    /// <summary>The pieces from 0 on, to be sent one after the other. False: there is no more.</summary>
    public bool TryGet(int index, out ReadOnlyMemory<byte> piece)
    {
        lock (_gate)
        {
            while (_pieces.Count <= index && TryEncode())
            {
            }

            piece = index < _pieces.Count ? _pieces[index] : default;
            return index < _pieces.Count;
        }
    }

    private bool TryEncode()
    {
        if (!_rest.MoveNext())
        {
            return false;
        }

        _pieces.Add(_rest.Current);
        return true;
    }
}
