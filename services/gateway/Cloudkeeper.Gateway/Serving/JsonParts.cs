using System.Buffers;
using System.Text.Json;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Hosting.Memory;
using Microsoft.AspNetCore.Connections;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>
/// JSON that is sent while it is written, so that a slow client keeps a part of it and not all. An answer that fits
/// into one part has a Content-Length.
/// </summary>
internal sealed class JsonParts
{
    /// <summary>A part is passed on when it has so many bytes.</summary>
    private const int PartBytes = 32 << 10;

    /// <summary>Of a value at once: escaped it is six times as long at most, so that a part stays below 64 KiB.</summary>
    private const int SegmentBytes = 4_095;

    [ThreadStatic]
    private static JsonParts? t_free;

    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private HttpContext? _context;
    private long _sent;

    private JsonParts() => Json = new Utf8JsonWriter(_buffer, JsonAnswer.Options);

    public Utf8JsonWriter Json { get; }

    private bool IsHead => HttpMethods.IsHead(_context!.Request.Method);

    /// <summary>For one answer; the thread's own where it is free.</summary>
    public static JsonParts Rent(HttpContext context)
    {
        var parts = t_free ?? new JsonParts();
        t_free = null;
        parts._context = context;
        return parts;
    }

    /// <summary>The answer is complete. An answer that breaks off is not returned.</summary>
    public void Return()
    {
        _context = null;
        _sent = 0;
        _buffer.ResetWrittenCount();
        Json.Reset();
        if (_buffer.Capacity <= 2 * PartBytes)
        {
            t_free = this;
        }
    }

    /// <summary>
    /// Sends the written bytes, if they are a part, and waits until the client has taken most of them.
    /// </summary>
    /// <exception cref="ConnectionAbortedException">The client has gone, or takes too little.</exception>
    public ValueTask PassOnAsync() =>
        _buffer.WrittenCount + Json.BytesPending < PartBytes ? ValueTask.CompletedTask : SendAsync();

    /// <summary>The members <c>value</c> and <c>encoding</c>, as <see cref="NodeJson.WriteValue"/>.</summary>
    public ValueTask WriteValueAsync(ReadOnlyMemory<byte> value)
    {
        if (value.Length > SegmentBytes)
        {
            return WriteLongValueAsync(value);
        }

        NodeJson.WriteValue(Json, value.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>As <see cref="EndAsync"/>, for an answer that is known to be small.</summary>
    public void End()
    {
        Commit();
        SetLength();
        if (!IsHead)
        {
            _context!.Response.BodyWriter.Write(_buffer.WrittenSpan);
        }
    }

    /// <exception cref="ConnectionAbortedException">The client has gone, or takes too little.</exception>
    public ValueTask EndAsync()
    {
        if (_sent > 0 || _buffer.WrittenCount + Json.BytesPending > MemoryBudget.SmallBytes)
        {
            return EndLongAsync();
        }

        End();
        return ValueTask.CompletedTask;
    }

    private async ValueTask EndLongAsync()
    {
        Commit();
        if (_sent == 0 || IsHead)
        {
            SetLength();
        }

        if (_buffer.WrittenCount > 0)
        {
            await SendAsync();
        }
    }

    /// <summary>Into the buffer, which blocks no thread.</summary>
    private void Commit() => Json.Flush();

    private void SetLength()
    {
        var response = _context!.Response;
        response.ContentType ??= JsonAnswer.MediaType;
        response.ContentLength = _sent + _buffer.WrittenCount;
    }

    private async ValueTask SendAsync()
    {
        Commit();
        _sent += _buffer.WrittenCount;
        if (!IsHead)
        {
            var response = _context!.Response;
            response.ContentType ??= JsonAnswer.MediaType;
            var sent = await response.BodyWriter.WriteAsync(_buffer.WrittenMemory);
            if (sent.IsCompleted)
            {
                throw new ConnectionAbortedException("The client went before its answer was sent.");
            }
        }

        _buffer.ResetWrittenCount();
    }

    private async ValueTask WriteLongValueAsync(ReadOnlyMemory<byte> value)
    {
        var isText = NodeJson.IsText(value.Span);
        Json.WritePropertyName("value"u8);
        do
        {
            var segment = value[..Math.Min(value.Length, SegmentBytes)];
            value = value[segment.Length..];
            if (isText)
            {
                Json.WriteStringValueSegment(segment.Span, isFinalSegment: value.IsEmpty);
            }
            else
            {
                Json.WriteBase64StringSegment(segment.Span, isFinalSegment: value.IsEmpty);
            }

            await PassOnAsync();
        }
        while (!value.IsEmpty);

        NodeJson.WriteEncoding(Json, isText);
    }
}
