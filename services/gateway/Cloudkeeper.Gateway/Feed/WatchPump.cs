using System.Threading.Channels;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Feed;

/// <summary>Passes changes on to the watchers on a thread of its own: ten thousand of them do not hold up a read.</summary>
internal sealed class WatchPump(ChangeRelay relay) : BackgroundService
{
    /// <summary>When so many transactions wait for the watchers, the feed waits as well.</summary>
    private const int WaitingMax = 1_024;

    private readonly Channel<FeedFrame> _frames = Channel.CreateBounded<FeedFrame>(
        new BoundedChannelOptions(WaitingMax) { SingleReader = true, SingleWriter = true });

    /// <param name="frame">A start or a change set.</param>
    public ValueTask PassOnAsync(FeedFrame frame, CancellationToken cancellationToken) =>
        _frames.Writer.WriteAsync(frame, cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var frame in _frames.Reader.ReadAllAsync(stoppingToken))
        {
            if (frame is ChangeSetFrame { ChangeSet: var set })
            {
                relay.Publish(set);
            }
            else if (frame is StartFrame start)
            {
                relay.Restart(start.From);
            }
        }
    }
}
