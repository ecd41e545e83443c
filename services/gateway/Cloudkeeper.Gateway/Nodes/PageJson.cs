using System.Text.Json;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>One page of a listing: <c>{path, revision, LIST: [{NAME, contentType, stat, value?, encoding?}], cursor?}</c></summary>
internal static class PageJson
{
    public static void Begin(Utf8JsonWriter json, string path, Revision revision, ReadOnlySpan<byte> list)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, path);
        json.WriteNumber("revision"u8, revision.Value);
        json.WriteStartArray(list);
    }

    /// <param name="member">The member of the entry that holds its name.</param>
    public static ValueTask WriteEntryAsync(
        JsonParts parts, ReadOnlySpan<byte> member, string name, string contentType, in NodeStat stat,
        ReadOnlyMemory<byte> value, bool withValue)
    {
        parts.Json.WriteStartObject();
        parts.Json.WriteString(member, name);
        parts.Json.WriteString("contentType"u8, contentType);
        NodeJson.WriteStat(parts.Json, stat);
        return EndEntryAsync(parts, value, withValue);
    }

    /// <param name="last">Behind which the next page begins; null: there is none.</param>
    public static void End(Utf8JsonWriter json, string? last)
    {
        json.WriteEndArray();
        if (last is not null)
        {
            json.WriteString("cursor"u8, PageCursor.Behind(last));
        }

        json.WriteEndObject();
    }

    private static async ValueTask EndEntryAsync(JsonParts parts, ReadOnlyMemory<byte> value, bool withValue)
    {
        if (withValue)
        {
            await parts.WriteValueAsync(value);
        }

        parts.Json.WriteEndObject();
        await parts.PassOnAsync();
    }
}
