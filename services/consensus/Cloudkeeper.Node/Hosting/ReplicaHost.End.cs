namespace Cloudkeeper.Node.Hosting;

/// <summary>A node's work beside its turns, and the end of all of it.</summary>
internal sealed partial class ReplicaHost
{
    private readonly BackgroundWork _work = new();
    private readonly Lock _endGate = new();
    private Task? _end;

    /// <summary>It ends, or has ended.</summary>
    public bool HasEnded => Volatile.Read(ref _end) is not null;

    /// <summary>Cancelled when the request is, or when this node stops. The caller disposes it.</summary>
    public CancellationTokenSource Link(CancellationToken aborted) =>
        CancellationTokenSource.CreateLinkedTokenSource(aborted, _work.Stopping);

    /// <inheritdoc cref="BackgroundWork.RunAsync"/>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work) => _work.RunAsync(work);

    /// <inheritdoc cref="BackgroundWork.Begin"/>
    public void Begin(Func<CancellationToken, Task> work) => _work.Begin(work);

    /// <summary>Ends the streams that others have opened to here and would keep open.</summary>
    public Task EndStreamsAsync() => _work.CancelAsync();

    /// <summary>Takes part no longer: sends nothing. The log is closed by <see cref="DisposeAsync"/>.</summary>
    public async Task StopAsync()
    {
        if (_ticks is not null)
        {
            await _ticks.DisposeAsync();
        }

        await AskAsync(_ =>
        {
            _links.Close();
            return true;
        });
        await _links.DisposeAsync();
    }

    /// <summary>May be called by any thread and repeatedly: the end is complete when the call is.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_endGate)
        {
            return new ValueTask(_end ??= EndAsync());
        }
    }

    /// <summary>In this order: the work beside the turns still asks the replica, and a turn still writes to the log.</summary>
    private async Task EndAsync()
    {
        await StopAsync();
        await _work.DisposeAsync();
        _turns.Close();
        _log.Dispose();
        Transfers.Dispose();
    }
}
