using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Gateway.Watches.History;

/// <summary>
/// Reads the nodes' history for all watchers of this gateway that resume from before its window: on a few streams for
/// any number of them. A watcher that comes while a stream is behind its position joins it; the others wait for the
/// next one together.
/// </summary>
/// <remarks>
/// A stream goes as fast as its watchers, in steps, so that little waits for them. A watcher that is too slow is left
/// behind, takes the events that it has got, and comes again.
/// </remarks>
internal sealed class HistoryReader(
    INodes nodes, ChangeRelay relay, GatewayOptions options, TimeProvider time, Random random)
{
    /// <summary>Streams at a time.</summary>
    private const int PassesMax = 2;

    /// <summary>Watchers at a time, on a stream or waiting for one.</summary>
    private const int PlacesMax = 50_000;

    /// <summary>Of a step.</summary>
    private const int SetsMax = 256;

    private const long BytesMax = 256 << 10;

    /// <summary>A refused watcher comes again after so long, not all at once.</summary>
    private const int RetrySecondsMax = 5;

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    /// <summary>A stream sends its progress now and then, also while nothing comes.</summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly HashSet<HistoryPlace> _waiting = [];
    private readonly List<Pass> _open = [];
    private int _passes;
    private int _count;
    private int _failures;

    /// <summary>Watchers that read history, or wait for it.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <param name="isKnown">The stream has begun: a missing history may be reported later.</param>
    /// <exception cref="ProblemException">Too many at a time.</exception>
    public HistoryPlace Enter(WatchInterest interest, Revision from, bool isKnown)
    {
        var place = new HistoryPlace(interest, from) { IsAccepted = isKnown };
        lock (_gate)
        {
            if (_count >= PlacesMax)
            {
                throw Refusal();
            }

            _count++;
            if (!_open.Exists(pass => pass.TryJoin(place)))
            {
                _waiting.Add(place);
                BeginPasses();
            }
        }

        return place;
    }

    /// <summary>However it ends for the watcher.</summary>
    public void Leave(HistoryPlace place)
    {
        lock (_gate)
        {
            _count--;
            _waiting.Remove(place);
            if (place.Pass is { } pass)
            {
                pass.Leave(place);
                EndIfEmpty(pass);
            }
        }
    }

    /// <summary>
    /// Waits until there may be something to take. The first time until it is known whether the history is there: only
    /// the headers before a stream can report that.
    /// </summary>
    /// <exception cref="ProblemException">No node has answered in time.</exception>
    public async ValueTask WaitAsync(HistoryPlace place, CancellationToken cancellationToken)
    {
        var isKnown = place.IsAccepted;
        if (!await place.WaitAsync(isKnown ? SilenceMax : options.RequestTimeout, cancellationToken) && !isKnown)
        {
            throw Refusal();
        }
    }

    /// <summary>The events of a place.</summary>
    /// <param name="isOver">Nothing more comes: the next changes are in the window, or on another pass.</param>
    public WatchStep Take(HistoryPlace place, WatchPosition position, out bool isOver)
    {
        lock (_gate)
        {
            isOver = place.LeftAt is not null || place.Oldest is not null;
            if (place.Oldest is { } oldest)
            {
                return new WatchStep([], HasGap: true, oldest, HasSessionEnded: false);
            }

            if (place.Subscription is not { } subscription)
            {
                return WatchStep.Nothing;
            }

            var delivery = subscription.Take(place.LeftAt ?? place.Pass!.History.Revision);
            place.Pass?.SetPending(place, false);
            return position.Take(delivery);
        }
    }

    private ProblemException Refusal() => new(new Problem(
        ErrorKinds.Overloaded, "Too many watches resume from old revisions: try again later.")
    {
        RetryAfterSeconds = random.Next(1, RetrySecondsMax + 1),
    });

    /// <summary>All waiting watchers go on one pass, from where the oldest of them is.</summary>
    private void BeginPasses()
    {
        if (_waiting.Count == 0 || _passes == PassesMax)
        {
            return;
        }

        var pass = new Pass(_waiting.Min(static place => place.From));
        foreach (var place in _waiting)
        {
            pass.TryJoin(place);
        }

        _waiting.Clear();
        _passes++;
        _open.Add(pass);
        _ = Task.Run(() => RunAsync(pass));
    }

    private async Task RunAsync(Pass pass)
    {
        var (isBroken, isAtWindow) = (false, false);
        try
        {
            isAtWindow = await ReadAsync(pass);
        }
        catch (OperationCanceledException) when (pass.Ending.IsCancellationRequested)
        {
            // No watcher is on it any more.
        }
        catch (Exception e) when (e is NodeUnreachableException or IOException or WireFormatException)
        {
            isBroken = true;
        }

        End(pass, isAtWindow);

        // Watchers that come meanwhile go on the next one together. If it broke, another node has the history as well;
        // but they may all be busy.
        var pause = PauseMin * Math.Pow(2, isBroken ? Math.Min(_failures++, 5) : 0) * (1 + random.NextDouble());
        await Task.Delay(pause < PauseMax ? pause : PauseMax, time);

        lock (_gate)
        {
            _passes--;
            BeginPasses();
        }
    }

    /// <returns>Whether it has come to where the gateway's window begins.</returns>
    private async Task<bool> ReadAsync(Pass pass)
    {
        var (sets, bytes) = (0, 0L);
        await foreach (var frame in nodes.FollowAsync(pass.History.Revision, () => relay.Revision, pass.Ending.Token))
        {
            _failures = 0;
            if (!TryTake(pass, frame))
            {
                return false;
            }

            if (frame is ChangeSetFrame { ChangeSet: var set })
            {
                sets++;
                bytes += ChangeWindow.BytesOf(set);
            }

            if (sets >= SetsMax || bytes >= BytesMax || frame is not ChangeSetFrame || IsAtWindow(pass))
            {
                (sets, bytes) = (0, 0);
                await WaitForTakersAsync(pass);
            }

            if (IsAtWindow(pass))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The next changes are in the gateway's memory.</summary>
    private bool IsAtWindow(Pass pass)
    {
        lock (_gate)
        {
            return pass.History.Revision >= relay.WindowStart;
        }
    }

    /// <returns>False: the pass is over.</returns>
    private bool TryTake(Pass pass, FeedFrame frame)
    {
        lock (_gate)
        {
            if (pass.History.Take(frame) is { } oldest)
            {
                // A watcher that is further than the oldest of them may be lucky on the next pass.
                foreach (var place in pass.Places.Where(place => place.From.Next() < oldest).ToArray())
                {
                    pass.Leave(place);
                    place.Oldest = oldest;
                    place.Wake();
                }

                return false;
            }

            if (!pass.IsOpen)
            {
                pass.IsOpen = true;
                foreach (var place in pass.Places)
                {
                    Pass.Accept(place);
                }
            }

            return true;
        }
    }

    /// <summary>
    /// Waits until the watchers on the pass have taken their events, and leaves the slow ones behind.
    /// </summary>
    private async Task WaitForTakersAsync(Pass pass)
    {
        Task taken;
        lock (_gate)
        {
            taken = pass.AllTakenAsync();
        }

        if (taken.IsCompleted)
        {
            return;
        }

        var began = time.GetTimestamp();
        try
        {
            await taken.WaitAsync(pass.Stall, time, pass.Ending.Token);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                foreach (var place in pass.Places.Where(static place => place.IsPending).ToArray())
                {
                    pass.Leave(place);
                }

                EndIfEmpty(pass);
            }
        }

        pass.Waited(time.GetElapsedTime(began));
    }

    /// <summary>All watchers that are still on it go on elsewhere: in the window, or on the next pass.</summary>
    private void End(Pass pass, bool isAtWindow)
    {
        lock (_gate)
        {
            _open.Remove(pass);
            foreach (var place in pass.Places.ToArray())
            {
                if (isAtWindow || place.IsPending)
                {
                    pass.Leave(place);
                    place.Wake();
                }
                else
                {
                    pass.Release(place);
                    _waiting.Add(place);
                }
            }
        }
    }

    private static void EndIfEmpty(Pass pass)
    {
        if (pass.Places.Count == 0)
        {
            _ = pass.Ending.CancelAsync();
        }
    }
}
