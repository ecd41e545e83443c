using System.Collections.Concurrent;
using System.Diagnostics;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Workloads;

/// <summary>
/// Clients that write without pause in four ways, each of which shows a write that was lost or applied twice: keys that
/// are created once, a shared counter, sequential nodes, and a register of each client's own whose version counts.
/// </summary>
internal sealed class AcknowledgedWrites
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private readonly List<Writer> _writers = [];
    private readonly ConcurrentQueue<Failure> _failures = [];
    private readonly ConcurrentQueue<long> _acknowledgements = [];
    private readonly int _attempts;
    private readonly TimeSpan _interval;
    private readonly long _started = Stopwatch.GetTimestamp();
    private volatile bool _isStopping;

    /// <param name="addresses">Client n talks to address n modulo their number.</param>
    /// <param name="attempts">How often a request is sent under its idempotency key before its client gives up.</param>
    /// <param name="perSecond">All clients together; null: as many as they can.</param>
    public AcknowledgedWrites(IReadOnlyList<Uri> addresses, int clients, int attempts, int? perSecond = null)
    {
        _attempts = attempts;
        _interval = perSecond is { } rate ? TimeSpan.FromSeconds((double)clients / rate) : TimeSpan.Zero;
        _writers.AddRange(Enumerable.Range(0, clients).Select(i => new Writer(i, addresses[i % addresses.Count])));
    }

    /// <summary>A request, or one attempt of it, that got no success.</summary>
    public sealed record Failure(int Client, int Serial, string Outcome, long Began, long Ended);

    public IReadOnlyCollection<Failure> Failures => _failures;

    /// <summary>When writes were acknowledged, as <see cref="Stopwatch"/> timestamps in order.</summary>
    public IReadOnlyCollection<long> Acknowledgements => _acknowledgements;

    public static async Task PrepareAsync(Uri address)
    {
        using var client = new ApiClient(address);
        foreach (var path in (string[])["/keys", "/sequence", "/registers"])
        {
            Assert.Equal(201, (await client.PutAsync($"/v1/nodes{path}", "")).Status);
        }
    }

    /// <summary>Ends after <see cref="Stop"/>, when every client has its last answer.</summary>
    public async Task RunAsync()
    {
        await Task.WhenAll(_writers.Select(RunAsync));
        _writers.ForEach(w => w.Client.Dispose());
    }

    public void Stop() => _isStopping = true;

    /// <summary>Until a hundred more writes have been acknowledged, or one has failed, which the test then shows.</summary>
    public Task FlowAsync()
    {
        const int Flowing = 100;
        var acknowledged = _acknowledgements.Count;
        return Eventually.TrueAsync(
            () => Task.FromResult(_acknowledgements.Count >= acknowledged + Flowing || !_failures.IsEmpty),
            TimeSpan.FromSeconds(30),
            "writes flow again");
    }

    /// <summary>The longest time without an acknowledgement in the given period.</summary>
    public TimeSpan LongestGap(long from, long until)
    {
        long[] times = [from, .. _acknowledgements.Where(t => t > from && t < until).Order(), until];
        return times.Zip(times.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b)).Max();
    }

    /// <summary>Every acknowledged write is there exactly once, and nothing else is.</summary>
    public async Task VerifyAsync(Uri address)
    {
        using var client = new ApiClient(address);
        var keys = await ReadChildrenAsync(client, "/keys");
        Assert.Equal(Expected(w => w.Keys), keys.Select(k => k.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        var sequence = await ReadChildrenAsync(client, "/sequence");
        Assert.Equal(Expected(w => w.Sequence), sequence.Select(s => s.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Equal(sequence.Count, sequence.Select(s => s.Value).Distinct(StringComparer.Ordinal).Count());

        var counted = _writers.Sum(w => w.Additions);
        var counter = await client.GetAsync("/v1/nodes/counter");
        Assert.Equal((200, $"{counted}"), (counter.Status, counter.Text));
        foreach (var writer in _writers.Where(w => w.RegisterWrites > 0))
        {
            var register = await client.GetAsync($"/v1/nodes/registers/{writer.Number}?format=json");
            Assert.Equal(writer.RegisterWrites - 1, register.Json.GetProperty("stat").GetProperty("version").GetInt32());
            Assert.Equal($"{writer.RegisterWrites}", register.Json.GetProperty("value").GetString());
        }
    }

    private static async Task<List<(string Name, string Value)>> ReadChildrenAsync(ApiClient client, string path)
    {
        var children = new List<(string, string)>();
        string? cursor = null;
        do
        {
            var from = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
            var page = await client.GetAsync($"/v1/nodes{path}?view=children&values=true&limit=2000{from}");
            Assert.Equal(200, page.Status);
            children.AddRange(page.Json.GetProperty("children").EnumerateArray()
                .Select(c => (c.GetProperty("name").GetString()!, c.GetProperty("value").GetString()!)));
            cursor = page.Json.TryGetProperty("cursor", out var next) ? next.GetString() : null;
        }
        while (cursor is not null);
        return children;
    }

    private IEnumerable<string> Expected(Func<Writer, List<string>> names) =>
        _writers.SelectMany(names).Order(StringComparer.Ordinal);

    private async Task RunAsync(Writer writer)
    {
        for (var serial = 1; !_isStopping; serial++)
        {
            await PaceAsync(writer, serial);
            if (await TrySendAsync(writer, serial) is not { } answer)
            {
                return; // the outcome of its last write is unknown: this client must not go on
            }

            writer.Acknowledge(serial, answer);
            _acknowledgements.Enqueue(Stopwatch.GetTimestamp());
        }
    }

    /// <summary>Until the client's next write is due; a late client makes up for it.</summary>
    private async Task PaceAsync(Writer writer, int serial)
    {
        var due = (_interval * (serial - 1)) + (_interval * writer.Number / _writers.Count) - Stopwatch.GetElapsedTime(_started);
        if (due > TimeSpan.Zero)
        {
            await Task.Delay(due);
        }
    }

    /// <summary>Null if no attempt was acknowledged.</summary>
    private async Task<Answer?> TrySendAsync(Writer writer, int serial)
    {
        for (var attempt = 1; attempt <= _attempts; attempt++)
        {
            var began = Stopwatch.GetTimestamp();
            var (answer, outcome) = await AttemptAsync(writer, serial);
            if (answer is { IsSuccess: true })
            {
                return answer;
            }

            _failures.Enqueue(new Failure(writer.Number, serial, outcome, began, Stopwatch.GetTimestamp()));
            await Task.Delay(RetryPause);
        }

        return null;
    }

    private static async Task<(Answer? Answer, string Outcome)> AttemptAsync(Writer writer, int serial)
    {
        try
        {
            var answer = await writer.SendAsync(serial, ("Idempotency-Key", $"client-{writer.Number}-{serial}"));
            return (answer, answer.ToString());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return (null, e.Message);
        }
    }

    /// <summary>One client and its answers.</summary>
    private sealed class Writer(int number, Uri address)
    {
        private const int Ways = 4;
        private static readonly object Addition = new { then = new[] { new { add = new { path = "/counter", amount = 1 } } } };

        public int Number => number;

        public ApiClient Client { get; } = new(address);

        public List<string> Keys { get; } = [];

        public List<string> Sequence { get; } = [];

        public int Additions { get; private set; }

        public int RegisterWrites { get; private set; }

        public Task<Answer> SendAsync(int serial, (string Name, string Value) key) => (serial % Ways) switch
        {
            0 => Client.PutAsync($"/v1/nodes/keys/{number}-{serial}", "once", key),
            1 => Client.PostJsonAsync("/v1/transactions", Addition, key),
            2 => Client.SendAsync(
                HttpMethod.Post, "/v1/nodes/sequence?prefix=s-", new StringContent($"{number}-{serial}"), key),
            _ => Client.PutAsync($"/v1/nodes/registers/{number}", $"{RegisterWrites + 1}", key),
        };

        public void Acknowledge(int serial, Answer answer)
        {
            switch (serial % Ways)
            {
                case 0:
                    Keys.Add($"{number}-{serial}");
                    break;
                case 1:
                    Additions++;
                    break;
                case 2:
                    Sequence.Add(answer.Header("Location")!.Split('/')[^1]);
                    break;
                default:
                    RegisterWrites++;
                    break;
            }
        }
    }
}
