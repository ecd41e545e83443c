using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Watches.History;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>
/// The changes of one watcher from a revision on: from a node's history while they are old, from the gateway's window
/// of recent ones, then live. Every change comes once, from any of them.
/// </summary>
/// <param name="history">Shared by all watchers of this gateway.</param>
/// <param name="signal">Set when there is something to take once it is live.</param>
internal sealed class WatchSource(
    HistoryReader history, ChangeRelay relay, WatchInterest interest, StreamSignal signal, Revision from) : IDisposable
{
    private const int SetsPerRead = 256;

    private readonly WatchPosition _position = new(interest, from);
    private HistoryPlace? _place;
    private Subscription? _live;
    private bool _hasBegun;

    /// <summary>All changes up to here have been returned.</summary>
    public Revision Position => _position.Revision;

    /// <summary>All old changes have been returned: from now on <see cref="Take"/>.</summary>
    public bool IsLive => _live is not null;

    /// <summary>The changes since the last time, which may be none. Only when it is live.</summary>
    public WatchStep Take() => _position.Take(relay.Take(_live!));

    /// <summary>
    /// So many bytes were taken that the caller has to call <see cref="Sent"/> when they have been sent.
    /// </summary>
    public bool HasTakenMuch => _live is { HasTakenMuch: true };

    public void Sent() => relay.Sent(_live!);

    /// <summary>The next old changes, or the newest when there are none (any more). Only until it is live.</summary>
    public async ValueTask<WatchStep> CatchUpAsync(CancellationToken cancellationToken)
    {
        var sets = new List<ChangeSet>();
        if (!relay.TryCatchUp(Position, interest, SetsPerRead, sets, signal.Set, out _live))
        {
            var step = await ReadHistoryAsync(cancellationToken);
            _hasBegun = true;
            return step;
        }

        _hasBegun = true;

        LeaveHistory();
        return IsLive ? Take() : _position.Take(sets);
    }

    public void Dispose()
    {
        LeaveHistory();
        if (_live is { } live)
        {
            relay.Unsubscribe(live);
        }
    }

    private async ValueTask<WatchStep> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        _place ??= history.Enter(interest, Position, _hasBegun);
        await history.WaitAsync(_place, cancellationToken);
        var step = history.Take(_place, _position, out var isOver);
        if (isOver)
        {
            LeaveHistory();
        }

        return step;
    }

    private void LeaveHistory()
    {
        if (_place is { } place)
        {
            _place = null;
            history.Leave(place);
        }
    }
}
