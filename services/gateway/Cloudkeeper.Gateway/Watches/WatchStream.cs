using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>One answer to <c>GET /v1/watch</c>.</summary>
internal sealed class WatchStream(
    WatchServices services, WatchRequest request, SessionKeeper? keeper, EventWriter output) : IAsyncDisposable
{
    private readonly WatchInterest _interest = new(request.Targets, request.Session, request.LatestOnly);
    private readonly ChangeDetails _details = new(services.Changes, request.Values, request.Previous);
    private readonly StreamSignal _signal = new();
    private WatchSource? _source;
    private Revision _sent;
    private long _lastProgress;
    private bool _hasBegun;

    /// <summary>Sends changes above a revision until the session or the client ends it.</summary>
    /// <exception cref="ProblemException">Refused: thrown only before anything was sent.</exception>
    public async Task RunAsync(Revision start, CancellationToken cancellationToken)
    {
        // Who comes while the gateway goes is better off elsewhere from the beginning.
        cancellationToken.ThrowIfCancellationRequested();
        await using var cancelled = cancellationToken.UnsafeRegister(static it => ((StreamSignal)it!).Set(), _signal);
        await using var ended = keeper?.Ended.Register(() => _source?.EndSession());
        var snapshot = request.Initial ? await ReadSnapshotAsync(cancellationToken) : null;
        _sent = snapshot?.Revision ?? start;
        _source = SourceFrom(_sent);

        // Before the headers: only they can say that history is gone.
        var step = await _source.NextAsync(cancellationToken);
        if (step.OldestRevision is { } oldest && !request.SnapshotOnGap)
        {
            throw new ProblemException(new Problem(ErrorKinds.RevisionCompacted, Revision: services.Relay.Revision,
                WriteMembers: json => json.WriteNumber("oldestRevision"u8, oldest.Value)));
        }

        await output.BeginAsync(services.Relay.Revision);
        if (snapshot is not null)
        {
            await SendSnapshotAsync(snapshot);
        }

        _hasBegun = true;
        _lastProgress = services.Time.GetTimestamp();
        services.Progress.Add(_signal);
        while (await SendAsync(step, cancellationToken))
        {
            step = await _source.NextAsync(cancellationToken);
        }
    }

    /// <summary>Tells the client of a stream that the gateway ends how far it is: it goes on from there elsewhere.</summary>
    /// <exception cref="ProblemException">It had not begun: nothing was said, and somebody else can say it.</exception>
    public async ValueTask EndAsync()
    {
        if (!_hasBegun)
        {
            throw new ProblemException(ErrorKinds.ShuttingDown);
        }

        await SendProgressAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _signal.Dispose();
        if (_source is not null)
        {
            await _source.DisposeAsync();
        }
    }

    private WatchSource SourceFrom(Revision revision) =>
        new(services.Nodes, services.Relay, _interest, _signal, revision);

    /// <returns>Whether the stream goes on.</returns>
    private async ValueTask<bool> SendAsync(WatchStep step, CancellationToken cancellationToken)
    {
        if (step.HasGap || !await TrySendEventsAsync(step.Events))
        {
            return await SendGapAsync(cancellationToken);
        }

        _sent = _source!.Position;
        if (step.HasSessionEnded || keeper is { Ended.IsCancellationRequested: true })
        {
            output.Write("session-expired", WatchJson.Ended(request.Session!.Value));
            await output.FlushAsync();
            return false;
        }

        if (_signal.TakeProgressDue() || services.Time.GetElapsedTime(_lastProgress) >= services.Options.ProgressInterval)
        {
            await SendProgressAsync();
        }

        return true;
    }

    private ValueTask SendProgressAsync()
    {
        _lastProgress = services.Time.GetTimestamp();
        output.Write(services.ProgressFrames.Of(output.Format, _sent));
        return output.FlushAsync();
    }

    /// <returns>False: details of an event are gone from the history.</returns>
    private async ValueTask<bool> TrySendEventsAsync(IReadOnlyList<WatchEvent> events)
    {
        for (int start = 0, count; start < events.Count; start += count)
        {
            count = Math.Min(events.Count - start, _details.CountMax);
            var details = await _details.ReadAsync(events, start, count);
            for (var i = start; i < start + count; i++)
            {
                var isLast = i + 1 == events.Count || events[i + 1].Revision != events[i].Revision;
                if (FrameOf(events[i], isLast, details?[i - start]) is not { } frame)
                {
                    return false;
                }

                output.Write(frame);
                _sent = isLast ? events[i].Revision : _sent;
            }

            services.Metrics.EventsSent(count);
            await output.FlushAsync();
        }

        return true;
    }

    private byte[]? FrameOf(WatchEvent item, bool isLast, Change? details)
    {
        if (_details.IsComplete(item.Change))
        {
            return item.Frame(output.Format, request.Values, isLast);
        }

        return details is { } whole
            ? EventFrame.Of(
                output.Format,
                WatchJson.NameOf(whole.Type),
                WatchJson.Change(item.Revision, whole, request.Values, request.Previous ? whole.Previous : null),
                isLast ? item.Revision : null)
            : null;
    }

    /// <summary>Says what is lost and, where the client wants that, what is there instead.</summary>
    /// <returns>Whether the stream goes on.</returns>
    private async Task<bool> SendGapAsync(CancellationToken cancellationToken)
    {
        if (!request.SnapshotOnGap)
        {
            output.Write("gap", WatchJson.Gap(_sent, services.Relay.Revision));
            await output.FlushAsync();
            return false;
        }

        var snapshot = await ReadSnapshotAsync(cancellationToken);
        output.Write("gap", WatchJson.Gap(_sent, snapshot.Revision));
        await SendSnapshotAsync(snapshot);
        await _source!.DisposeAsync();
        _sent = snapshot.Revision;
        _source = SourceFrom(_sent);
        return true;
    }

    private Task<Snapshot> ReadSnapshotAsync(CancellationToken cancellationToken) =>
        services.Snapshots.ReadAsync(_interest, request.Values, cancellationToken);

    private async Task SendSnapshotAsync(Snapshot snapshot)
    {
        const int FlushEvery = 64;
        var count = 0;
        foreach (var (path, node) in snapshot.Nodes)
        {
            output.Write("initial", WatchJson.Initial(path, node, request.Values));
            if (++count % FlushEvery == 0)
            {
                await output.FlushAsync();
            }
        }

        output.Write("initial-end", WatchJson.At(snapshot.Revision), snapshot.Revision);
        await output.FlushAsync();
    }
}
