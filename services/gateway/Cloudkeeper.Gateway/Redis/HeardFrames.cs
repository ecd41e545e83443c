using System.Threading.Channels;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>
/// Frames that were received and are not read yet. Bounded in count and bytes; the oldest is lost first: a gateway that
/// begins to subscribe needs the newest.
/// </summary>
internal sealed class HeardFrames
{
    private const int CountMax = 1_024;

    /// <summary>Of the messages that they came in.</summary>
    private const long BytesMax = 8 << 20;

    private readonly Channel<Heard> _waiting;
    private long _bytes;

    public HeardFrames() => _waiting = Channel.CreateBounded<Heard>(
        new BoundedChannelOptions(CountMax) { FullMode = BoundedChannelFullMode.DropOldest }, lost => Taken(lost));

    public void Add(FeedFrame frame, int bytes)
    {
        Interlocked.Add(ref _bytes, bytes);
        _waiting.Writer.TryWrite(new Heard(frame, bytes));
        while (Volatile.Read(ref _bytes) > BytesMax && TryTake() is not null)
        {
        }
    }

    /// <returns>Null: nothing waits.</returns>
    public FeedFrame? TryTake() => _waiting.Reader.TryRead(out var heard) ? Taken(heard) : null;

    public async ValueTask<FeedFrame> TakeAsync(CancellationToken cancellationToken) =>
        Taken(await _waiting.Reader.ReadAsync(cancellationToken));

    private FeedFrame Taken(Heard heard)
    {
        Interlocked.Add(ref _bytes, -heard.Bytes);
        return heard.Frame;
    }

    private readonly record struct Heard(FeedFrame Frame, int Bytes);
}
