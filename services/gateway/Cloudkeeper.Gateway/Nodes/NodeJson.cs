using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>How nodes look in JSON, wherever they appear: reads, writes, transactions, watches, problem documents.</summary>
internal static class NodeJson
{
    /// <summary>A shorter value is text whenever it can be: nothing is won.</summary>
    private const int TextBytesFreely = 1_024;

    /// <summary>The control characters without a short form in JSON.</summary>
    private static readonly SearchValues<byte> Controls = SearchValues.Create(
        [0, 1, 2, 3, 4, 5, 6, 7, 11, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127]);

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

    /// <summary>
    /// Text is shown as text. A value of control characters in good part is none, although it may be valid UTF-8: each
    /// of them takes six bytes in JSON, whereas base64 adds a third.
    /// </summary>
    public static bool IsText(ReadOnlySpan<byte> value)
    {
        if (!Utf8.IsValid(value))
        {
            return false;
        }

        // Five bytes more for each, where base64 takes a third more for all.
        var most = Math.Max(value.Length, TextBytesFreely) / 15;
        for (var at = value.IndexOfAny(Controls); at >= 0; at = value.IndexOfAny(Controls))
        {
            value = value[(at + 1)..];
            if (--most < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The members <c>value</c> and <c>encoding</c>: text where it is text, else base64.</summary>
    public static void WriteValue(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        var isText = IsText(value);
        if (isText)
        {
            json.WriteString("value"u8, value);
        }
        else
        {
            json.WriteBase64String("value"u8, value);
        }

        WriteEncoding(json, isText);
    }

    /// <summary>The member <c>encoding</c>, behind <c>value</c>.</summary>
    public static void WriteEncoding(Utf8JsonWriter json, bool isText) =>
        json.WriteString("encoding"u8, isText ? "utf8"u8 : "base64"u8);

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
    /// <remarks>
    /// No node has an access control list of its own yet: ZooKeeper's <c>world:anyone</c> with all permissions.
    /// </remarks>
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
    public static async ValueTask WriteEnvelopeAsync(
        JsonParts parts, string path, ReadOnlyMemory<byte> value, string contentType, NodeStat stat)
    {
        var json = parts.Json;
        json.WriteStartObject();
        json.WriteString("path"u8, path);
        await parts.WriteValueAsync(value);
        json.WriteString("contentType"u8, contentType);
        WriteStat(json, stat);
        json.WriteEndObject();
    }
}
