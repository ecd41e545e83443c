namespace Cloudkeeper.Node.Hosting;

/// <summary>
/// Work beside the turns, for whose results no turn may wait. It is cancelled when this node stops, and over before the
/// files and clients that it uses are closed.
/// </summary>
internal sealed class BackgroundWork : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Task> _running = [];
    private readonly CancellationTokenSource _stopping = new();
    private bool _isClosed;

    /// <summary>Cancelled when this node stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Runs the work on another thread; cancelled if none is begun any more.</summary>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return Task.FromCanceled<T>(new CancellationToken(canceled: true));
            }

            var task = Task.Run(() => work(_stopping.Token));
            _running.RemoveAll(static ended => ended.IsCompleted);
            _running.Add(task);
            return task;
        }
    }

    /// <summary>The same for work without a result: it deals with its exceptions.</summary>
    public void Begin(Func<CancellationToken, Task> work) => _ = RunAsync(async stopping =>
    {
        await work(stopping);
        return true;
    });

    /// <summary>Asks all work to end; more may begin, and finds itself cancelled.</summary>
    public Task CancelAsync() => _stopping.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Task[] running;
        lock (_gate)
        {
            _isClosed = true;
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }
}
