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
/// <param name="signal">Set when there is something to take; whoever sets it for another reason gets a step without events.</param>
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

    /// <summary>The next changes: none where there are none yet, but then the next call waits for the signal.</summary>
    public async ValueTask<WatchStep> NextAsync(CancellationToken cancellationToken)
    {
        if (_live is null)
        {
            return await CatchUpAsync(cancellationToken);
        }

        await signal.WaitAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return _position.Take(relay.Take(_live));
    }

    /// <summary>The session that the watch names has ended: it is told behind what has happened before.</summary>
    public void EndSession()
    {
        if (_live is { } live)
        {
            relay.EndSession(live);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EndHistoryAsync();
        if (_live is { } live)
        {
            relay.Unsubscribe(live);
        }
    }

    private async ValueTask<WatchStep> CatchUpAsync(CancellationToken cancellationToken)
    {
        var sets = new List<ChangeSet>();
        if (!relay.TryCatchUp(Position, interest, SetsPerRead, sets, signal.Set, out _live))
        {
            return await ReadHistoryAsync(cancellationToken);
        }

        await EndHistoryAsync();
        return _live is { } live ? _position.Take(relay.Take(live)) : _position.Take(sets);
    }

    private async ValueTask<WatchStep> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        _history ??= nodes.FollowAsync(Position, cancellationToken).GetAsyncEnumerator(cancellationToken);
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
