using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>The data of events.</summary>
internal static class WatchJson
{
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string NameOf(ChangeType type) => type switch
    {
        ChangeType.Created => "created",
        ChangeType.Changed => "changed",
        ChangeType.Deleted => "deleted",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type of change."),
    };

    /// <summary><c>{path, revision, kind, version?, contentType?, value?, encoding?, previous?}</c></summary>
    /// <param name="previous">Only for watchers that asked for it.</param>
    public static byte[] Change(Revision revision, Change change, bool withValue, PreviousValue? previous = null) =>
        Write((revision, change, withValue, previous), static (json, it) =>
        {
            var exists = it.change.Type != ChangeType.Deleted;
            json.WriteString("path"u8, it.change.Path);
            json.WriteNumber("revision"u8, it.revision.Value);
            json.WriteString("kind"u8, NodeJson.NameOf(it.change.Stat.Kind));
            if (exists)
            {
                json.WriteNumber("version"u8, it.change.Stat.Version);
                json.WriteString("contentType"u8, it.change.ContentType);
            }

            if (exists && it.withValue && it.change.Value is { } value)
            {
                NodeJson.WriteValue(json, value.Span);
            }

            if (it.previous is { } previous)
            {
                json.WriteStartObject("previous"u8);
                json.WriteNumber("version"u8, previous.Version);
                NodeJson.WriteValue(json, previous.Value.Span);
                json.WriteEndObject();
            }
        });

    /// <summary><c>{revision}</c></summary>
    public static byte[] At(Revision revision) =>
        Write(revision, static (json, revision) => json.WriteNumber("revision"u8, revision.Value));

    /// <summary><c>{from, to}</c>: changes above the one and up to the other may be missing.</summary>
    public static byte[] Gap(Revision from, Revision to) => Write((from, to), static (json, gap) =>
    {
        json.WriteNumber("from"u8, gap.from.Value);
        json.WriteNumber("to"u8, gap.to.Value);
    });

    /// <summary><c>{session}</c></summary>
    public static byte[] Ended(SessionId session) =>
        Write(session, static (json, session) => json.WriteNumber("session"u8, session.Value));

    private static byte[] Write<T>(T state, Action<Utf8JsonWriter, T> writeMembers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Options);
        json.WriteStartObject();
        writeMembers(json, state);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
