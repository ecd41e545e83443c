using System.Text.Json;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;

namespace Cloudkeeper.Gateway.Sessions;

/// <summary>How sessions look in JSON.</summary>
internal static class SessionJson
{
    /// <summary><c>{id, name, ttl, expiresIn, createdAt, ephemerals?}</c></summary>
    /// <param name="expiresIn">Milliseconds; negative: the answering node does not know.</param>
    public static void Write(
        Utf8JsonWriter json, SessionInfo session, long expiresIn, IReadOnlyList<string>? ephemerals)
    {
        json.WriteStartObject();
        json.WriteNumber("id"u8, session.Id.Value);
        json.WriteString("name"u8, session.Name);
        json.WriteString("ttl"u8, DurationText.Format(session.TtlMilliseconds));
        WriteExpiresIn(json, expiresIn);
        NodeJson.WriteTime(json, "createdAt"u8, session.CreatedAt);
        if (ephemerals is not null)
        {
            json.WriteStartArray("ephemerals"u8);
            foreach (var path in ephemerals)
            {
                json.WriteStringValue(path);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Null where only the leader knows, and somebody else was asked.</summary>
    public static void WriteExpiresIn(Utf8JsonWriter json, long milliseconds) =>
        json.WriteString("expiresIn"u8, milliseconds < 0 ? null : DurationText.Format(milliseconds));

    /// <summary><c>{sessions: […], cursor?}</c></summary>
    public static void Write(Utf8JsonWriter json, ReadSessionsResult page)
    {
        json.WriteStartObject();
        json.WriteStartArray("sessions"u8);
        foreach (var entry in page.Sessions)
        {
            Write(json, entry.Session, entry.ExpiresInMilliseconds, ephemerals: null);
        }

        json.WriteEndArray();
        if (page.HasMore)
        {
            json.WriteString("cursor"u8, page.Sessions[^1].Session.Id.ToString());
        }

        json.WriteEndObject();
    }

    /// <summary><c>{results: [{id, status, expiresIn?}]}</c></summary>
    public static void Write(Utf8JsonWriter json, KeepaliveResult[] results)
    {
        json.WriteStartObject();
        json.WriteStartArray("results"u8);
        foreach (var result in results)
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

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
