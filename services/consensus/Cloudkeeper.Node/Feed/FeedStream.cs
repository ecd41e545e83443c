using System.Threading.Channels;
using Cloudkeeper.Replica.Feed;

namespace Cloudkeeper.Node.Feed;

/// <summary>What waits for one gateway. One that falls behind is cut off, and asks again from where it is.</summary>
internal sealed class FeedStream(Action overflowed) : IFeedOutput
{
    private const int WaitingMax = 4_096;
    private const long WaitingBytesMax = 32L << 20;

    private readonly Channel<ReadOnlyMemory<byte>> _frames = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true, SingleWriter = true });

    private long _waitingBytes;

    public bool TryWrite(ReadOnlyMemory<byte> frames)
    {
        var waiting = Interlocked.Add(ref _waitingBytes, frames.Length);

        // However large, for who is not behind.
        if ((waiting <= WaitingBytesMax || waiting == frames.Length) && _frames.Writer.TryWrite(frames))
        {
            return true;
        }

        overflowed();
        Complete();
        return false;
    }

    public void Complete() => _frames.Writer.TryComplete();

    /// <summary>Waits for frames; false: the stream has ended.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) =>
        _frames.Reader.WaitToReadAsync(cancellationToken);

    public bool TryTake(out ReadOnlyMemory<byte> frames)
    {
        if (!_frames.Reader.TryRead(out frames))
        {
            return false;
        }

        Interlocked.Add(ref _waitingBytes, -frames.Length);
        return true;
    }
}
