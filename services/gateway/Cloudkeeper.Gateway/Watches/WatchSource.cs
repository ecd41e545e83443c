using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>
/// The changes of one watcher from a revision on: out of a node's history while they are old, out of the gateway's
/// window of recent ones, then live. Every change comes once, whichever way.
/// </summary>
/// <param name="signal">Set when there is something to take once it is live.</param>
internal sealed class WatchSource(
    INodes nodes, ChangeRelay relay, WatchInterest interest, StreamSignal signal, Revision from) : IAsyncDisposable
{
    private const int SetsPerRead = 256;

    /// <summary>Before a node's history is asked for again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly WatchPosition _position = new(interest, from);
    private IAsyncEnumerator<FeedFrame>? _history;
    private Subscription? _live;

    /// <summary>Everything up to here has been returned.</summary>
    public Revision Position => _position.Revision;

    /// <summary>All that is old has been returned: from now on <see cref="Take"/>.</summary>
    public bool IsLive => _live is not null;

    /// <summary>What has come since the last time, which may be nothing. Only when it is live.</summary>
    public WatchStep Take() => _position.Take(relay.Take(_live!));

    /// <summary>The next old changes, or what has come since when there are none (any more). Only until it is live.</summary>
    public async ValueTask<WatchStep> CatchUpAsync(CancellationToken cancellationToken)
    {
        var sets = new List<ChangeSet>();
        if (!relay.TryCatchUp(Position, interest, SetsPerRead, sets, signal.Set, out _live))
        {
            return await ReadHistoryAsync(cancellationToken);
        }

        await EndHistoryAsync();
        return IsLive ? Take() : _position.Take(sets);
    }

    public async ValueTask DisposeAsync()
    {
        await EndHistoryAsync();
        if (_live is { } live)
        {
            relay.Unsubscribe(live);
        }
    }

    private async ValueTask<WatchStep> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        _history ??= nodes.FollowAsync(Position, () => relay.Revision, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            if (await _history.MoveNextAsync())
            {
                return _position.Take(_history.Current);
            }
        }
        catch (Exception e) when (e is NodeUnreachableException or IOException)
        {
            await Task.Delay(Pause, cancellationToken);
        }

        // Its end, or its connection's: another node has the history as well.
        await EndHistoryAsync();
        return WatchStep.Nothing;
    }

    private async ValueTask EndHistoryAsync()
    {
        if (_history is { } history)
        {
            _history = null;
            await history.DisposeAsync();
        }
    }
}
