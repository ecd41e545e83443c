using System.Text.Json;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Sessions;

/// <summary>How sessions look in JSON.</summary>
internal static class SessionJson
{
    /// <summary>Of one session on a page.</summary>
    private const int SessionBytes = 200;

    /// <summary>Of the string that holds a path.</summary>
    private const int PathBytes = 30;

    public static long HeldBy(ReadSessionsResult page) => (long)SessionBytes * page.Sessions.Count;

    public static long HeldBy(IReadOnlyList<string> ephemerals) =>
        ephemerals.Sum(static path => PathBytes + (2L * path.Length));

    /// <summary><c>{id, name, ttl, expiresIn, createdAt}</c></summary>
    /// <param name="expiresIn">Milliseconds; negative: the answering node does not know.</param>
    public static void Write(Utf8JsonWriter json, SessionInfo session, long expiresIn)
    {
        WriteMembers(json, session, expiresIn);
        json.WriteEndObject();
    }

    /// <summary><c>{id, name, ttl, expiresIn, createdAt, ephemerals, cursor?}</c></summary>
    /// <inheritdoc cref="Write(Utf8JsonWriter, SessionInfo, long)"/>
    /// <param name="more">The last of the ephemeral nodes, if more follow.</param>
    public static async ValueTask WriteAsync(
        JsonParts parts, SessionInfo session, long expiresIn, IReadOnlyList<string> ephemerals, Arrival? more)
    {
        WriteMembers(parts.Json, session, expiresIn);
        parts.Json.WriteStartArray("ephemerals"u8);
        foreach (var path in ephemerals)
        {
            parts.Json.WriteStringValue(path);
            await parts.PassOnAsync();
        }

        parts.Json.WriteEndArray();
        if (more is not null)
        {
            parts.Json.WriteString("cursor"u8, ArrivalCursor.Behind(more));
        }

        parts.Json.WriteEndObject();
    }

    /// <summary>Null where only the leader knows, and another node was asked.</summary>
    public static void WriteExpiresIn(Utf8JsonWriter json, long milliseconds) =>
        json.WriteString("expiresIn"u8, milliseconds < 0 ? null : DurationText.Format(milliseconds));

    /// <summary><c>{sessions: […], cursor?}</c></summary>
    public static async ValueTask WriteAsync(JsonParts parts, ReadSessionsResult page)
    {
        parts.Json.WriteStartObject();
        parts.Json.WriteStartArray("sessions"u8);
        foreach (var entry in page.Sessions)
        {
            Write(parts.Json, entry.Session, entry.ExpiresInMilliseconds);
            await parts.PassOnAsync();
        }

        parts.Json.WriteEndArray();
        if (page.HasMore)
        {
            parts.Json.WriteString("cursor"u8, page.Sessions[^1].Session.Id.ToString());
        }

        parts.Json.WriteEndObject();
    }

    /// <summary><c>{results: [{id, status, expiresIn?}]}</c></summary>
    public static async ValueTask WriteAsync(JsonParts parts, KeepaliveResult[] results)
    {
        parts.Json.WriteStartObject();
        parts.Json.WriteStartArray("results"u8);
        foreach (var result in results)
        {
            Write(parts.Json, result);
            await parts.PassOnAsync();
        }

        parts.Json.WriteEndArray();
        parts.Json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, SessionInfo session, long expiresIn)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, session.Id.Value);
        json.WriteString("name"u8, session.Name);
        json.WriteString("ttl"u8, DurationText.Format(session.TtlMilliseconds));
        WriteExpiresIn(json, expiresIn);
        NodeJson.WriteTime(json, "createdAt"u8, session.CreatedAt);
    }

    private static void Write(Utf8JsonWriter json, KeepaliveResult result)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, result.Session.Value);
        json.WriteString("status"u8, result.Status switch
        {
            KeepaliveStatus.Alive => "alive",
            KeepaliveStatus.Expired => "expired",
            _ => "unknown",
        });
        if (result.Status == KeepaliveStatus.Alive)
        {
            WriteExpiresIn(json, result.ExpiresInMilliseconds);
        }

        json.WriteEndObject();
    }
}
