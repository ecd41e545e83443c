using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>One answer to <c>GET /v1/watch</c>.</summary>
internal sealed class WatchStream(
    INodes nodes, ChangeRelay relay, SnapshotReader snapshots, ChangeReader changes, GatewayMetrics metrics, TimeProvider time,
    TimeSpan progressInterval, WatchRequest request, SessionKeeper? keeper, EventWriter output) : IAsyncDisposable
{
    private readonly WatchInterest _interest = new(request.Targets, request.Session, request.LatestOnly);
    private readonly ChangeDetails _details = new(changes, request.Values, request.Previous);
    private WatchSource? _source;
    private Revision _sent;
    private long _lastProgress;

    /// <summary>Sends changes above a revision until the session or the client ends it.</summary>
    /// <exception cref="ProblemException">Refused: thrown only before anything was sent.</exception>
    public async Task RunAsync(Revision start, CancellationToken cancellationToken)
    {
        await using var ending = keeper?.Ended.Register(() => _source?.EndSession());
        var snapshot = request.Initial ? await ReadSnapshotAsync(cancellationToken) : null;
        _sent = snapshot?.Revision ?? start;
        _source = new WatchSource(nodes, relay, _interest, _sent);

        // Before the headers: only they can say that history is gone.
        var step = await _source.NextAsync(TimeSpan.Zero, cancellationToken);
        if (step.OldestRevision is { } oldest && !request.SnapshotOnGap)
        {
            throw new ProblemException(new Problem(ErrorKinds.RevisionCompacted, Revision: relay.Revision,
                WriteMembers: json => json.WriteNumber("oldestRevision"u8, oldest.Value)));
        }

        _lastProgress = time.GetTimestamp();
        await output.BeginAsync(relay.Revision);
        if (snapshot is not null)
        {
            await SendSnapshotAsync(snapshot);
        }

        while (await SendAsync(step, cancellationToken))
        {
            var untilProgress = progressInterval - time.GetElapsedTime(_lastProgress);
            step = await _source.NextAsync(
                untilProgress > TimeSpan.Zero ? untilProgress : TimeSpan.Zero, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _source?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <returns>Whether the stream goes on.</returns>
    private async Task<bool> SendAsync(WatchStep step, CancellationToken cancellationToken)
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

        if (time.GetElapsedTime(_lastProgress) >= progressInterval)
        {
            _lastProgress = time.GetTimestamp();
            output.Write("progress", WatchJson.At(_sent), _sent);
            await output.FlushAsync();
        }

        return true;
    }

    /// <returns>False: details of an event are gone from the history.</returns>
    private async ValueTask<bool> TrySendEventsAsync(IReadOnlyList<WatchEvent> events)
    {
        var rest = new ArraySegment<WatchEvent>([.. events]);
        while (rest.Count > 0)
        {
            var data = await _details.JsonOfAsync(rest);
            for (var i = 0; i < data.Count; i++)
            {
                if (data[i] is not { } json)
                {
                    return false;
                }

                var revision = rest[i].Revision;
                var isLast = i + 1 == rest.Count || rest[i + 1].Revision != revision;
                output.Write(WatchJson.NameOf(rest[i].Change.Type), json, isLast ? revision : null);
                _sent = isLast ? revision : _sent;
            }

            metrics.EventsSent(data.Count);
            rest = rest[data.Count..];
            await output.FlushAsync();
        }

        return true;
    }

    /// <summary>Says what is lost and, where the client wants that, what is there instead.</summary>
    /// <returns>Whether the stream goes on.</returns>
    private async Task<bool> SendGapAsync(CancellationToken cancellationToken)
    {
        if (!request.SnapshotOnGap)
        {
            output.Write("gap", WatchJson.Gap(_sent, relay.Revision));
            await output.FlushAsync();
            return false;
        }

        var snapshot = await ReadSnapshotAsync(cancellationToken);
        output.Write("gap", WatchJson.Gap(_sent, snapshot.Revision));
        await SendSnapshotAsync(snapshot);
        await _source!.DisposeAsync();
        _sent = snapshot.Revision;
        _source = new WatchSource(nodes, relay, _interest, _sent);
        return true;
    }

    private Task<Snapshot> ReadSnapshotAsync(CancellationToken cancellationToken) =>
        snapshots.ReadAsync(_interest, request.Values, cancellationToken);

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
