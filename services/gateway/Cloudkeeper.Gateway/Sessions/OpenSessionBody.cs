using System.Text.Json.Serialization;
using Cloudkeeper.Gateway.Serving;

namespace Cloudkeeper.Gateway.Sessions;

/// <summary><c>POST /v1/sessions</c>; all of it may be left out.</summary>
internal sealed record OpenSessionBody(string? Ttl = null, string? Name = null);

/// <summary><c>POST /v1/sessions/keepalive</c>.</summary>
internal sealed record KeepaliveBody(
    [property: JsonConverter(typeof(IntegersConverter))] IReadOnlyList<long>? Ids = null);
