using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Histories;

namespace Cloudkeeper.Cluster.Tests.Workloads;

/// <summary>Clients that read, write, delete and compare-and-set a handful of nodes, and write down what they saw.</summary>
internal sealed class RecordedHistory(IReadOnlyList<Uri> addresses, int clients)
{
    public const string Root = "/history";
    private const int Paths = 8;
    private const int PauseLimitMilliseconds = 10;
    private readonly ConcurrentQueue<Operation> _operations = [];
    private volatile bool _isStopping;

    public IReadOnlyList<Operation> Operations => [.. _operations];

    /// <summary>Ends after <see cref="Stop"/>, when every client has its last answer.</summary>
    public Task RunAsync() => Task.WhenAll(Enumerable.Range(0, clients).Select(RunAsync));

    public void Stop() => _isStopping = true;

    private async Task RunAsync(int number)
    {
        var random = new Random(number);
        using var client = new ApiClient(addresses[number % addresses.Count]);
        var lastSeen = new long[Paths];
        for (var serial = 1; !_isStopping; serial++)
        {
            var index = random.Next(Paths);
            var question = new Operation
            {
                Client = number,
                Serial = serial,
                Kind = Choose(random, lastSeen[index]),
                Path = $"{Root}/{index}",
                Value = $"{number}-{serial}",
                ExpectedRevision = lastSeen[index],
                Invoke = Stopwatch.GetTimestamp(),
                Return = long.MaxValue,
                Outcome = Outcome.Unknown,
            };
            var answered = await AskAsync(client, question);
            _operations.Enqueue(answered);
            lastSeen[index] = answered.IsWrite || answered is { Kind: OperationKind.Read, Value: not null }
                ? answered.ModifiedRevision
                : lastSeen[index];
            await Task.Delay(random.Next(PauseLimitMilliseconds), CancellationToken.None);
        }
    }

    private static OperationKind Choose(Random random, long lastSeen) => random.Next(10) switch
    {
        < 4 => OperationKind.Read,
        4 => OperationKind.StaleRead,
        5 or 6 => OperationKind.Put,
        7 => OperationKind.Create,
        8 when lastSeen > 0 => OperationKind.Replace,
        _ => OperationKind.Delete,
    };

    private static async Task<Operation> AskAsync(ApiClient client, Operation question)
    {
        Answer answer;
        try
        {
            answer = await SendAsync(client, question);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return question with { Value = ValueWritten(question) };
        }

        return (question.IsRead, answer.Status) switch
        {
            (true, 200) => Known(question, answer, Outcome.Ok, answer.Text),
            (true, 404) => Known(question, answer, Outcome.Ok, null),
            (false, 200 or 201 or 204) => Known(question, answer, Outcome.Ok, ValueWritten(question)),
            (false, 404 or 412) => Known(question, answer, Outcome.Refused, ValueWritten(question)),
            _ => question with { Value = ValueWritten(question) },
        };
    }

    private static Operation Known(Operation question, Answer answer, Outcome outcome, string? value) => question with
    {
        Return = Stopwatch.GetTimestamp(),
        Outcome = outcome,
        Revision = answer.Revision!.Value,
        Value = value,
        ModifiedRevision = answer.Header("ETag") is { } etag
            ? long.Parse(etag.Trim('"'), CultureInfo.InvariantCulture)
            : answer.Revision!.Value,
    };

    private static string? ValueWritten(Operation question) =>
        question.IsRead || question.Kind == OperationKind.Delete ? null : question.Value;

    private static Task<Answer> SendAsync(ApiClient client, Operation question)
    {
        var path = $"/v1/nodes{question.Path}";
        var key = ("Idempotency-Key", $"history-{question.Client}-{question.Serial}");
        return question.Kind switch
        {
            OperationKind.Read => client.GetAsync(path),
            OperationKind.StaleRead => client.GetAsync($"{path}?consistency=stale"),
            OperationKind.Put => client.PutAsync(path, question.Value!, key),
            OperationKind.Create => client.PutAsync(path, question.Value!, key, ("If-None-Match", "*")),
            OperationKind.Replace => client.PutAsync(path, question.Value!, key, ("If-Match", $"\"{question.ExpectedRevision}\"")),
            _ => client.DeleteAsync(path, key),
        };
    }
}
