using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Attacks;

/// <summary>
/// A client that writes small values at an even pace, beside any others, and knows how long each write took.
/// </summary>
internal sealed class GoodClient(Uri address) : IDisposable
{
    private const int Writers = 4;
    private const int PerSecond = 100;
    private readonly ConcurrentQueue<(long Began, TimeSpan Took)> _writes = [];
    private readonly ConcurrentQueue<string> _failures = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public IReadOnlyCollection<string> Failures => _failures;

    public void Start() => _running = Task.WhenAll(Enumerable.Range(0, Writers).Select(WriteAsync));

    /// <summary>Until connections are open and the first writes have been taken.</summary>
    public Task FlowAsync() => Eventually.TrueAsync(
        () => Task.FromResult(_writes.Count >= 2 * PerSecond), TimeSpan.FromSeconds(60), "writes flow");

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    /// <summary>Of the writes that began since the timestamp.</summary>
    public Latency Since(long timestamp)
    {
        var times = _writes.Where(write => write.Began >= timestamp).Select(write => write.Took).Order().ToList();
        return times.Count == 0 ? new Latency(0, default, default, default) : new Latency(times.Count, At(0.5), At(0.99), times[^1]);

        TimeSpan At(double share) => times[(int)((times.Count - 1) * share)];
    }

    public void Dispose() => _stop.Dispose();

    private async Task WriteAsync(int number)
    {
        using var client = new ApiClient(address);
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds((double)Writers / PerSecond));
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                var answer = await client.PutAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/nodes/good-{number}"), $"{i}");
                if (!answer.IsSuccess)
                {
                    _failures.Enqueue(answer.ToString());
                }
            }
            catch (HttpRequestException e)
            {
                _failures.Enqueue(e.Message);
            }

            _writes.Enqueue((began, Stopwatch.GetElapsedTime(began)));
            await pace.WaitForNextTickAsync();
        }
    }

    public readonly record struct Latency(int Count, TimeSpan P50, TimeSpan P99, TimeSpan Max)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"p50 {P50.TotalMilliseconds:F1} ms, p99 {P99.TotalMilliseconds:F1} ms, max {Max.TotalMilliseconds:F0} ms ({Count})");
    }
}
