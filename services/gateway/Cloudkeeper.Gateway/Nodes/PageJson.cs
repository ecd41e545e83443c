using System.Text.Json;
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

    public static void WriteEntry(
        Utf8JsonWriter json, ReadOnlySpan<byte> member, string name, string contentType, in NodeStat stat,
        ReadOnlySpan<byte> value, bool withValue)
    {
        json.WriteStartObject();
        json.WriteString(member, name);
        json.WriteString("contentType"u8, contentType);
        NodeJson.WriteStat(json, stat);
        if (withValue)
        {
            NodeJson.WriteValue(json, value);
        }

        json.WriteEndObject();
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
}
