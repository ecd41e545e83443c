using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>How nodes look in JSON, wherever they appear: reads, writes, transactions, watches, problem documents.</summary>
internal static class NodeJson
{
    public static string NameOf(NodeKind kind) => kind switch
    {
        NodeKind.Persistent => "persistent",
        NodeKind.Ephemeral => "ephemeral",
        NodeKind.Container => "container",
        NodeKind.Ttl => "ttl",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of node."),
    };

    /// <summary>The member <c>stat</c>.</summary>
    public static void WriteStat(Utf8JsonWriter json, in NodeStat stat)
    {
        json.WriteStartObject("stat"u8);
        json.WriteNumber("createdRevision"u8, stat.CreatedRevision.Value);
        json.WriteNumber("modifiedRevision"u8, stat.ModifiedRevision.Value);
        json.WriteNumber("childrenRevision"u8, stat.ChildrenRevision.Value);
        json.WriteNumber("version"u8, stat.Version);
        json.WriteNumber("childrenVersion"u8, stat.ChildrenVersion);
        json.WriteNumber("aclVersion"u8, stat.AclVersion);
        WriteTime(json, "createdAt"u8, stat.CreatedAt);
        WriteTime(json, "modifiedAt"u8, stat.ModifiedAt);
        json.WriteString("kind"u8, NameOf(stat.Kind));
        if (stat.EphemeralOwner is { } owner)
        {
            json.WriteNumber("ephemeralOwner"u8, owner.Value);
        }
        else
        {
            json.WriteNull("ephemeralOwner"u8);
        }

        json.WriteString("ttl"u8, stat.Kind == NodeKind.Ttl ? DurationText.Format(stat.TtlMilliseconds) : null);
        json.WriteNumber("dataLength"u8, stat.DataLength);
        json.WriteNumber("childCount"u8, stat.ChildCount);
        json.WriteEndObject();
    }

    /// <summary>The members <c>value</c> and <c>encoding</c>: text where it is text, else base64.</summary>
    public static void WriteValue(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        if (Utf8.IsValid(value))
        {
            json.WriteString("value"u8, value);
            json.WriteString("encoding"u8, "utf8"u8);
        }
        else
        {
            json.WriteBase64String("value"u8, value);
            json.WriteString("encoding"u8, "base64"u8);
        }
    }

    /// <param name="unixMilliseconds">Written as RFC 3339, UTC.</param>
    public static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, long unixMilliseconds)
    {
        const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
        Span<byte> text = stackalloc byte[Format.Length];
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds)
            .TryFormat(text, out var length, Format, CultureInfo.InvariantCulture);
        json.WriteString(name, text[..length]);
    }

    /// <summary><c>{path, contentType, stat}</c></summary>
    public static void WriteNode(Utf8JsonWriter json, string path, string contentType, in NodeStat stat)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, path);
        json.WriteString("contentType"u8, contentType);
        WriteStat(json, stat);
        json.WriteEndObject();
    }

    /// <summary><c>{path, acl: [{scheme, id, permissions}], aclVersion}</c></summary>
    /// <remarks>No node has an access control list of its own yet: everybody may do everything, in ZooKeeper's words.</remarks>
    public static void WriteAcl(Utf8JsonWriter json, string path, in NodeStat stat)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, path);
        json.WriteStartArray("acl"u8);
        json.WriteStartObject();
        json.WriteString("scheme"u8, "world"u8);
        json.WriteString("id"u8, "anyone"u8);
        json.WriteString("permissions"u8, "cdrwa"u8);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteNumber("aclVersion"u8, stat.AclVersion);
        json.WriteEndObject();
    }

    /// <summary>The envelope: <c>{path, value, encoding, contentType, stat}</c></summary>
    public static void WriteEnvelope(
        Utf8JsonWriter json, string path, ReadOnlySpan<byte> value, string contentType, in NodeStat stat)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, path);
        WriteValue(json, value);
        json.WriteString("contentType"u8, contentType);
        WriteStat(json, stat);
        json.WriteEndObject();
    }
}
