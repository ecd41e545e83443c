using System.Text.Json;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Nodes;

namespace Cloudkeeper.Gateway.Watches.Initial;

/// <summary>
/// Puts the nodes of an initial state on the wire, large values piece by piece: a slow reader holds up nothing but what
/// all share.
/// </summary>
internal sealed class InitialEvents(EventWriter output, bool withValues) : IDisposable
{
    /// <summary>Escaped it may be six times as long.</summary>
    private const int PieceBytes = 8 << 10;

    private readonly Utf8JsonWriter _json = new(output, WatchJson.Options);

    /// <summary>A node that is there at the beginning: shaped like its creation.</summary>
    public async ValueTask WriteAsync(string path, SnapshotNode node)
    {
        output.Write(EventFrame.HeadOf(output.Format, "initial"));
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteString("path"u8, path);
        _json.WriteNumber("revision"u8, node.Stat.ModifiedRevision.Value);
        _json.WriteString("kind"u8, NodeJson.NameOf(node.Stat.Kind));
        _json.WriteNumber("version"u8, node.Stat.Version);
        _json.WriteString("contentType"u8, node.ContentType);
        if (withValues)
        {
            await WriteValueAsync(node.Value!.Value);
        }

        WriteEnd();
        await output.FlushWhenFullAsync();
    }

    public void Dispose() => _json.Dispose();

    /// <inheritdoc cref="NodeJson.WriteValue"/>
    private async ValueTask WriteValueAsync(ReadOnlyMemory<byte> value)
    {
        if (value.Length <= PieceBytes)
        {
            NodeJson.WriteValue(_json, value.Span);
            return;
        }

        var isText = NodeJson.IsText(value.Span);
        _json.WritePropertyName("value"u8);
        for (var rest = value; rest.Length > 0;)
        {
            var piece = rest[..Math.Min(rest.Length, PieceBytes)];
            rest = rest[piece.Length..];
            WritePiece(piece.Span, isText, isLast: rest.Length == 0);
            await output.FlushWhenFullAsync();
        }

        NodeJson.WriteEncoding(_json, isText);
    }

    private void WritePiece(ReadOnlySpan<byte> piece, bool isText, bool isLast)
    {
        if (isText)
        {
            _json.WriteStringValueSegment(piece, isLast);
        }
        else
        {
            _json.WriteBase64StringSegment(piece, isLast);
        }

        _json.Flush();
    }

    private void WriteEnd()
    {
        _json.WriteEndObject();
        _json.Flush();
        output.Write(EventFrame.TailOf(output.Format));
    }
}
