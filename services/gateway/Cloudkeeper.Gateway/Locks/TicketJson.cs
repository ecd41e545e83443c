using System.Text.Json;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Sessions;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Locks;

/// <summary>How tickets look in JSON.</summary>
internal static class TicketJson
{
    /// <summary>Of one ticket in a list, with its path and owner.</summary>
    private const int TicketBytes = 300;

    /// <summary><c>{ticket, recipe, path, state, position, fencingToken, session, owner, expiresIn}</c></summary>
    /// <param name="expiresIn">Milliseconds; negative: not known.</param>
    public static void Write(Utf8JsonWriter json, TicketInfo ticket, long expiresIn)
    {
        json.WriteStartObject();
        json.WriteNumber("ticket"u8, ticket.Ticket.Value);
        json.WriteString("recipe"u8, "lock"u8);
        json.WriteString("path"u8, ticket.Path);
        json.WriteString("state"u8, ticket.IsHeld ? "held"u8 : "waiting"u8);
        json.WriteNumber("position"u8, ticket.Position);
        json.WriteNumber("fencingToken"u8, ticket.Ticket.Value);
        json.WriteNumber("session"u8, ticket.Session.Value);
        json.WriteString("owner"u8, ticket.Owner);
        SessionJson.WriteExpiresIn(json, expiresIn);
        json.WriteEndObject();
    }

    /// <summary>The member <c>holders</c> or <c>waiting</c>.</summary>
    public static async ValueTask WriteListAsync(JsonParts parts, string name, IEnumerable<ReadTicketResult> tickets)
    {
        parts.Json.WriteStartArray(name);
        foreach (var ticket in tickets)
        {
            Write(parts.Json, ticket.Ticket!, ticket.ExpiresInMilliseconds);
            await parts.PassOnAsync();
        }

        parts.Json.WriteEndArray();
    }

    public static long HeldBy(IReadOnlyCollection<ReadTicketResult> tickets) => (long)TicketBytes * tickets.Count;
}
