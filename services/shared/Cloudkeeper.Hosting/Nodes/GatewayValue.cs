using System.Text.Json;

namespace Cloudkeeper.Hosting.Nodes;

/// <summary>
/// A gateway's registration as the value of its node in the tree, <c>{"address":"http://…"}</c>, while the cluster's
/// feature level is below that of the table of gateways.
/// </summary>
public static class GatewayValue
{
    /// <summary>More than any address takes: a longer value is none, and is not looked at.</summary>
    public const int BytesMax = 1 << 10;

    public static byte[] Of(string address)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("address"u8, address);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    /// <summary>Null: this is no gateway's value. Any client may have written it.</summary>
    public static string? AddressIn(ReadOnlyMemory<byte> value)
    {
        try
        {
            using var json = JsonDocument.Parse(value.Length <= BytesMax ? value : default);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("address"u8, out var address)
                && address.ValueKind == JsonValueKind.String
                    ? ReachableAddress.Parse(address.GetString())
                    : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
