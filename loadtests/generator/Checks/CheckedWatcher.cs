using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cloudkeeper.LoadGenerator.Checks;

/// <summary>
/// Watches all keys from before their creation and expects every write of each exactly once and in order, wherever the
/// stream goes on after it has ended.
/// </summary>
internal sealed class CheckedWatcher(
    HttpClient client, IReadOnlyList<Target> targets, int number, long from, CheckTotals totals, Violations violations)
{
    private static readonly TimeSpan ReconnectPause = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, int> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Path, int Writer), long> _writes = [];
    private long _seen = from;
    private long _whole = from;
    private int _target = number % targets.Count;

    /// <summary>All transactions up to this one have been seen as a whole.</summary>
    public long Position => Interlocked.Read(ref _whole);

    /// <summary>The version of a node in the last event; -1 before that.</summary>
    public int VersionOf(string path) => _versions.GetValueOrDefault(path, -1);

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(stopping);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // It is resumed below, like one that has ended in order.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            totals.CountResumed();
            _target = (_target + 1) % targets.Count;
            await Task.Delay(ReconnectPause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        _seen = Position;
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            new Uri(targets[_target].Address, $"/v1/watch?path={CheckedKeys.Parent}&scope=subtree&values=true"));
        request.Headers.Add("Last-Event-ID", Position.ToString(CultureInfo.InvariantCulture));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping);
        if ((int)response.StatusCode is >= 400 and < 500)
        {
            violations.Add($"Watcher {number} is refused at {Position}: {response.StatusCode}.");
        }

        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stopping));
        string name = "", id = "", data = "";
        while (await reader.ReadLineAsync(stopping) is { } line)
        {
            if (line.Length == 0)
            {
                Take(name, id, data);
                (name, id, data) = ("", "", "");
            }
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                name = line[7..];
            }
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line[4..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                data = line[6..];
            }
        }
    }

    private void Take(string name, string id, string data)
    {
        switch (name)
        {
            case "created" or "changed":
                TakeChange(JsonSerializer.Deserialize<Change>(data, JsonSerializerOptions.Web)!);
                break;
            case "progress":
                _seen = Math.Max(_seen, JsonSerializer.Deserialize<Change>(data, JsonSerializerOptions.Web)!.Revision);
                break;
            case "":
                return;
            default:
                violations.Add($"Watcher {number} got {name} {data}.");
                break;
        }

        if (id.Length > 0)
        {
            Interlocked.Exchange(ref _whole, long.Parse(id, CultureInfo.InvariantCulture));
        }
    }

    private void TakeChange(Change change)
    {
        if (change.Path == CheckedKeys.Parent)
        {
            return;
        }

        totals.CountEvent();
        if (change.Revision <= Position || change.Revision < _seen)
        {
            violations.Add($"Watcher {number}: revision {change.Revision} of {change.Path} behind {Math.Max(Position, _seen)}.");
        }

        _seen = change.Revision;
        var expected = _versions.TryGetValue(change.Path, out var version) ? version + 1 : 0;
        if (change.Version != expected)
        {
            violations.Add(
                $"Watcher {number}: version {change.Version} of {change.Path} at {change.Revision} instead of {expected}.");
        }

        _versions[change.Path] = change.Version;
        var (writer, write) = CheckedClient.Split(CheckedClient.WriteIn(Encoding.ASCII.GetBytes(change.Value)));
        if (_writes.GetValueOrDefault((change.Path, writer)) >= write)
        {
            violations.Add($"Watcher {number}: write {write} of writer {writer} to {change.Path} again, or too late.");
        }

        _writes[(change.Path, writer)] = write;
    }

    private sealed record Change(string Path, long Revision, int Version, string Value);
}
