using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Gateway.Watches.Initial;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>
/// One answer to <c>GET /v1/watch</c>. Nearly all streams wait nearly always: an object that is needed only until then
/// does not outlive it, neither as a field nor in a method that waits.
/// </summary>
internal sealed class WatchStream(WatchServices services, WatchRequest request, EventWriter output) : IDisposable
{
    /// <summary>
    /// While half the room of initial states is taken, a client takes at least so much of its own a second. Otherwise
    /// it may take its time.
    /// </summary>
    private static readonly PaceRule InitialPace = new(0, 1 << 20, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));

    /// <summary>
    /// The same for changes: a watcher that takes many at once keeps them in memory until they are sent.
    /// </summary>
    private static readonly PaceRule ChangesPace = new(0, 256 << 10, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1));

    private readonly StreamSignal _signal = new();
    private CancellationTokenSource? _ending;
    private SessionKeeper? _keeper;
    private WatchSource? _source;
    private Revision _sent;
    private bool _hasBegun;
    private bool _isShowing;

    private ChangeDetails Details => new(services.Changes, request.Values, request.Previous);

    /// <summary>For all that takes long: the client has gone, or this gateway stops.</summary>
    private CancellationToken Ending =>
        (_ending ??= CancellationTokenSource.CreateLinkedTokenSource(output.Aborted, services.StreamEnd.Token)).Token;

    /// <summary>Sends changes until the session or the client ends it.</summary>
    /// <param name="minRevision">Where the request names no revision: changes above now, and above this one.</param>
    /// <exception cref="ProblemException">Refused: thrown only before anything was sent.</exception>
    /// <exception cref="OperationCanceledException">The client has gone, or this gateway goes.</exception>
    public async Task RunAsync(Revision minRevision)
    {
        var goesOn = await BeginAsync(minRevision);
        while (goesOn)
        {
            if (_source!.IsLive)
            {
                await WaitAsync();
            }

            goesOn = await SendNextAsync();
        }
    }

    /// <summary>
    /// Sends the client of a stream that the gateway ends its position: it goes on from there elsewhere.
    /// </summary>
    /// <exception cref="ProblemException">
    /// It had not begun: nothing was sent, and another gateway can answer.
    /// </exception>
    public async ValueTask EndAsync()
    {
        if (!_hasBegun)
        {
            throw new ProblemException(ErrorKinds.ShuttingDown);
        }

        // Of a state that has been shown in part nothing holds: the client goes on from before it.
        if (!_isShowing)
        {
            await SendProgressAsync();
        }
    }

    public void Dispose()
    {
        _signal.Dispose();
        _ending?.Dispose();
        _keeper?.Dispose();
        if (_source is not null)
        {
            _source.Dispose();
        }
    }

    /// <summary>The headers, the snapshot and the first changes.</summary>
    /// <returns>Whether the stream goes on.</returns>
    private async ValueTask<bool> BeginAsync(Revision minRevision)
    {
        // A client that comes while the gateway stops is better off elsewhere from the beginning.
        Ending.ThrowIfCancellationRequested();
        if (request.Interest.Session is { } session)
        {
            _keeper = await SessionKeeper.StartAsync(services.Nodes, session, services.Time);
            _keeper.Ended.UnsafeRegister(Wake, _signal);
        }

        var step = request.Initial && !output.IsHead ? await BeginWithInitialAsync() : await BeginFromAsync(minRevision);
        if (output.IsHead)
        {
            return false;
        }

        // In this order: the end of the streams wakes all that the clock knows.
        _hasBegun = true;
        output.Aborted.UnsafeRegister(Wake, _signal);
        services.Progress.Add(_signal, output.ConnectionId);
        services.StreamEnd.Token.ThrowIfCancellationRequested();
        return await SendStepAsync(step);
    }

    /// <returns>The first changes.</returns>
    private async Task<WatchStep> BeginFromAsync(Revision minRevision)
    {
        var present = request.From ?? await PresentAsync();
        _sent = request.From is null && minRevision > present ? minRevision : present;
        _source = SourceFrom(_sent);

        // Before the headers: only they can report that history is gone.
        var step = await _source.CatchUpAsync(Ending);
        if (step.OldestRevision is { } oldest && !request.SnapshotOnGap)
        {
            throw new ProblemException(new Problem(ErrorKinds.RevisionCompacted, Revision: services.Relay.Revision,
                WriteMembers: json => json.WriteNumber("oldestRevision"u8, oldest.Value)));
        }

        await output.BeginAsync(services.Relay.Revision);
        return step;
    }

    /// <returns>No changes yet: while the state is sent they wait where they are, in the window or in a node's history.</returns>
    private async Task<WatchStep> BeginWithInitialAsync()
    {
        using var initial = await ReadInitialAsync();
        await output.BeginAsync(initial.Snapshot.Revision);
        await SendInitialAsync(initial.Snapshot);
        return WatchStep.Nothing;
    }

    /// <summary>Now, for all clients: not the revision that this gateway has received so far.</summary>
    private async Task<Revision> PresentAsync()
    {
        var root = new ReadNodeRequest(NodePath.Root, WithValue: false);
        return (await services.Nodes.ReadAsync(root, ReadConsistency.Linearizable, Revision.Zero)).Revision;
    }

    private WatchSource SourceFrom(Revision revision) =>
        new(services.History, services.Relay, request.Interest, _signal, revision);

    private ValueTask WaitAsync()
    {
        _ending?.Dispose();
        _ending = null;
        return _signal.WaitAsync();
    }

    private static void Wake(object? signal) => ((StreamSignal)signal!).Set();

    private async ValueTask<bool> SendNextAsync()
    {
        output.Aborted.ThrowIfCancellationRequested();
        services.StreamEnd.Token.ThrowIfCancellationRequested();
        return await SendStepAsync(_source!.IsLive ? _source.Take() : await _source.CatchUpAsync(Ending));
    }

    /// <returns>Whether the stream goes on.</returns>
    private ValueTask<bool> SendStepAsync(WatchStep step) =>
        _source is { HasTakenMuch: true } ? SendMuchAsync(step) : SendAsync(step);

    /// <summary>Not for as long as the client likes, when the waiting events are many.</summary>
    private async ValueTask<bool> SendMuchAsync(WatchStep step)
    {
        var source = _source!;
        using var transfer = services.Pace.Begin(
            MemoryUse.WaitingChanges, ChangesPace, static output => ((EventWriter)output).Abort(), output);
        output.Transfer = transfer;
        var goesOn = await SendAsync(step);
        output.Transfer = null;
        source.Sent();
        return goesOn;
    }

    /// <returns>Whether the stream goes on.</returns>
    private async ValueTask<bool> SendAsync(WatchStep step)
    {
        if (step.HasGap || !await TrySendEventsAsync(step.Events))
        {
            return await SendGapAsync();
        }

        _sent = _source!.Position;
        if (step.HasSessionEnded || _keeper is { Ended.IsCancellationRequested: true })
        {
            output.Write("session-expired", WatchJson.Ended(request.Interest.Session!.Value));
            await output.FlushAsync();
            return false;
        }

        if (_signal.TakeProgressDue())
        {
            await SendProgressAsync();
        }

        return true;
    }

    private ValueTask SendProgressAsync()
    {
        output.Write(services.ProgressFrames.Of(output.Format, _sent));
        return output.FlushAsync();
    }

    /// <returns>False: details of an event are gone from the history.</returns>
    private async ValueTask<bool> TrySendEventsAsync(IReadOnlyList<WatchEvent> events)
    {
        // A transaction is sent whole or not at all, and details of its last change may turn out to be gone.
        List<byte[]>? held = null;
        for (int start = 0, count; start < events.Count; start += count)
        {
            count = Math.Min(events.Count - start, Details.CountMax);
            var details = await Details.ReadAsync(events, start, count);
            for (var i = start; i < start + count; i++)
            {
                var isLast = i + 1 == events.Count || events[i + 1].Revision != events[i].Revision;
                if (FrameOf(events[i], isLast, details?[i - start]) is not { } frame)
                {
                    return false;
                }

                if (!isLast)
                {
                    (held ??= []).Add(frame);
                    continue;
                }

                foreach (var before in held ?? [])
                {
                    await output.SendAsync(before);
                }

                held?.Clear();
                await output.SendAsync(frame);
                _sent = events[i].Revision;
            }

            services.Metrics.EventsSent(count);
            await output.FlushAsync();
        }

        return true;
    }

    private byte[]? FrameOf(WatchEvent item, bool isLast, Change? details)
    {
        if (Details.IsComplete(item.Change))
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

    /// <summary>Reports the loss and, where the client wants that, sends the present state instead.</summary>
    /// <returns>Whether the stream goes on.</returns>
    private async Task<bool> SendGapAsync()
    {
        if (!request.SnapshotOnGap)
        {
            // The client may be further than this gateway: it comes from another one, or waits for the future.
            var told = services.Relay.Revision;
            var read = _source!.Position > _sent ? _source.Position : _sent;
            output.Write("gap", WatchJson.Gap(_sent, told > read ? told : read));
            await output.FlushAsync();
            return false;
        }

        // No more events are to wait for this stream until it has seen the present state.
        _source!.Dispose();
        using var initial = await ReadInitialAsync();
        output.Write("gap", WatchJson.Gap(_sent, initial.Snapshot.Revision));
        await SendInitialAsync(initial.Snapshot);
        return true;
    }

    private async Task<InitialHold> ReadInitialAsync() =>
        await services.InitialStates.ReadAsync(request.Interest, request.Values, await PresentAsync(), Ending);

    /// <summary>Sends the state at a revision. The changes above it follow.</summary>
    private async Task SendInitialAsync(Snapshot snapshot)
    {
        _isShowing = true;
        using (output.Transfer = services.Pace.Begin(
            MemoryUse.InitialStates, InitialPace, static output => ((EventWriter)output).Abort(), output))
        using (var events = new InitialEvents(output, request.Values))
        {
            foreach (var (path, node) in snapshot.Nodes)
            {
                Ending.ThrowIfCancellationRequested();
                await events.WriteAsync(path, node);
            }

            output.Write("initial-end", WatchJson.At(snapshot.Revision), snapshot.Revision);
            await output.FlushAsync();
        }

        output.Transfer = null;
        _isShowing = false;
        _sent = snapshot.Revision;
        _source = SourceFrom(_sent);
    }
}
