namespace Cloudkeeper.Local;

/// <summary>Waits until a part answers that it can serve.</summary>
internal sealed class Readiness : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    public async Task WaitAsync(Part part, CancellationToken cancellationToken)
    {
        while (!await IsReadyAsync(part, cancellationToken))
        {
            await Task.Delay(Interval, cancellationToken);
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<bool> IsReadyAsync(Part part, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _client.GetAsync(new Uri(part.Address, "/readyz"), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
