using System.Text.Json;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>Server-Sent Events as they arrive.</summary>
public sealed class EventReader(HttpResponseMessage response) : IDisposable
{
    private StreamReader? _reader;

    /// <summary>The next event; null when the server has ended the stream.</summary>
    public async Task<ServerEvent?> ReadAsync(CancellationToken stopping)
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync(stopping));
        string? name = null, id = null, data = null;
        while (await _reader.ReadLineAsync(stopping) is { } line)
        {
            if (line.Length > 0)
            {
                name = Field(line, "event") ?? name;
                id = Field(line, "id") ?? id;
                data = Field(line, "data") is { } more ? data + more : data;
            }
            else if (data is not null)
            {
                return new ServerEvent(name ?? "message", id, JsonSerializer.Deserialize<JsonElement>(data));
            }
        }

        return null;
    }

    /// <summary>The next event that is a change of the tree.</summary>
    public async Task<ServerEvent?> ReadChangeAsync(CancellationToken stopping)
    {
        while (await ReadAsync(stopping) is { } next)
        {
            if (next.Name is "created" or "changed" or "deleted")
            {
                return next;
            }
        }

        return null;
    }

    public void Dispose()
    {
        _reader?.Dispose();
        response.Dispose();
    }

    private static string? Field(string line, string name) =>
        line.StartsWith(name + ":", StringComparison.Ordinal) ? line[(name.Length + 1)..].TrimStart(' ') : null;
}
