using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Cloudkeeper.Replica.Feed;

namespace Cloudkeeper.Node.Feed;

/// <summary>
/// The frames that wait for one gateway. One that falls behind is cut off, and asks again from its revision.
/// </summary>
internal sealed class FeedStream(Action overflowed) : IFeedOutput
{
    private const int WaitingMax = 4_096;
    private const long WaitingBytesMax = 32L << 20;

    private readonly Channel<FeedParcel> _parcels = Channel.CreateBounded<FeedParcel>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true, SingleWriter = true });

    private long _waitingBytes;

    public bool TryWrite(FeedParcel parcel)
    {
        var waiting = Interlocked.Add(ref _waitingBytes, parcel.Bytes);

        // Of any size, for a subscriber that is not behind.
        if ((waiting <= WaitingBytesMax || waiting == parcel.Bytes) && _parcels.Writer.TryWrite(parcel))
        {
            return true;
        }

        overflowed();
        Complete();
        return false;
    }

    public void Complete() => _parcels.Writer.TryComplete();

    /// <summary>Waits for parcels; false: the stream has ended.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) =>
        _parcels.Reader.WaitToReadAsync(cancellationToken);

    public bool TryTake([NotNullWhen(true)] out FeedParcel? parcel)
    {
        if (!_parcels.Reader.TryRead(out parcel))
        {
            return false;
        }

        Interlocked.Add(ref _waitingBytes, -parcel.Bytes);
        return true;
    }
}
