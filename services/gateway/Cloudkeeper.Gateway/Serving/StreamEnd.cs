namespace Cloudkeeper.Gateway.Serving;

/// <summary>
/// Ends streams when the gateway stops: behind the drain time, in which a client that comes back would find this
/// gateway again, and before the web server waits for its open requests.
/// </summary>
/// <remarks>
/// Services are stopped in the reverse order of their registration: this one is registered before all others.
/// </remarks>
internal sealed class StreamEnd : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _ending = new();

    public CancellationToken Token => _ending.Token;

    public Task StoppingAsync(CancellationToken cancellationToken) => _ending.CancelAsync();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _ending.Dispose();
}
