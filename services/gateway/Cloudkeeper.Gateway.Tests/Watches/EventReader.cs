using System.Globalization;
using System.Text.Json;

namespace Cloudkeeper.Gateway.Tests.Watches;

/// <summary>Events out of the text of a stream, in either format.</summary>
internal static class EventReader
{
    /// <summary>The next event, or null at the end.</summary>
    public static async Task<WatchedEvent?> ReadAsync(TextReader reader, bool isLines = false)
    {
        if (isLines)
        {
            return await reader.ReadLineAsync() is { } whole ? OfLine(JsonDocument.Parse(whole).RootElement) : null;
        }

        string? name = null, data = null, id = null;
        while (await reader.ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                return new WatchedEvent(name!, JsonDocument.Parse(data!).RootElement, Number(id));
            }

            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            var value = line[(colon + 2)..];
            _ = line[..colon] switch
            {
                "event" => name = value,
                "data" => data = value,
                "id" => id = value,
                _ => throw new InvalidOperationException(line),
            };
        }

        Assert.Null(name);
        return null;
    }

    private static WatchedEvent OfLine(JsonElement line) => new(
        line.GetProperty("event").GetString()!,
        line.GetProperty("data"),
        line.TryGetProperty("id", out var id) ? Number(id.GetString()) : null);

    private static long? Number(string? text) => text is null ? null : long.Parse(text, CultureInfo.InvariantCulture);
}
