using System.Text.Json.Serialization;
using Cloudkeeper.Gateway.Serving;

namespace Cloudkeeper.Gateway.Locks;

/// <summary><c>POST /v1/locks/{path}</c>.</summary>
internal sealed record AcquireLockBody(
    [property: JsonConverter(typeof(IntegerConverter))] long? Session = null,
    string? Ttl = null,
    string? Wait = null,
    string? Mode = null,
    string? Owner = null,
    bool Queue = true);
