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

    private IAsyncEnumerator<FeedFrame>? _history;
    private Subscription? _live;

    /// <summary>Everything up to here has been returned.</summary>
    public Revision Position { get; private set; } = from;

    /// <summary>The next changes: none where there are none yet, but then the next call waits for the signal.</summary>
    public async ValueTask<WatchStep> NextAsync(CancellationToken cancellationToken)
    {
        if (_live is null)
        {
            return await CatchUpAsync(cancellationToken);
        }

        await signal.WaitAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return Take(_live);
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
        return _live is { } live ? Take(live) : Pass(sets);
    }

    private WatchStep Take(Subscription live)
    {
        var delivery = relay.Take(live);
        if (!delivery.HasGap)
        {
            Position = delivery.Position;
        }

        return new WatchStep(delivery.Events, delivery.HasGap, null, delivery.HasSessionEnded);
    }

    private async ValueTask<WatchStep> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        _history ??= nodes.FollowAsync(Position, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            if (await _history.MoveNextAsync())
            {
                return Judge(_history.Current);
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

    private WatchStep Judge(FeedFrame frame) => frame switch
    {
        CompactedFrame compacted => new WatchStep([], HasGap: true, compacted.OldestRevision, false),
        ChangeSetFrame { ChangeSet: var set } when set.Previous > Position => new WatchStep([], true, set.Revision, false),

        // A node that lags behind the one before repeats what has been returned.
        ChangeSetFrame { ChangeSet: var set } when set.Revision > Position => Pass([set]),
        _ => WatchStep.Nothing,
    };

    private WatchStep Pass(List<ChangeSet> sets)
    {
        var events = new List<WatchEvent>();
        var hasSessionEnded = false;
        foreach (var set in sets)
        {
            foreach (var change in set.Changes)
            {
                if (interest.Matches(change.Path))
                {
                    events.Add(new WatchEvent(set.Revision, change));
                }
            }

            hasSessionEnded |= interest.Session is { } id && set.EndedSessions.Contains(id);
            Position = set.Revision;
        }

        return new WatchStep(events, false, null, hasSessionEnded);
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

/// <param name="HasGap">Changes are lost.</param>
/// <param name="OldestRevision">Where history begins, when that is why they are lost.</param>
internal readonly record struct WatchStep(
    IReadOnlyList<WatchEvent> Events, bool HasGap, Revision? OldestRevision, bool HasSessionEnded)
{
    public static readonly WatchStep Nothing = new([], false, null, false);
}
