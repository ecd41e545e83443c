using System.Buffers;
using System.IO.Pipelines;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>Puts events on the wire.</summary>
internal sealed class EventWriter(HttpContext context, EventFormat format) : IBufferWriter<byte>
{
    /// <summary>
    /// Each stream's bytes that may wait to be sent, besides those that the web server takes for a connection.
    /// </summary>
    private const int UnsentBytesMax = 32 << 10;

    private readonly PipeWriter _output = context.Response.BodyWriter;
    private int _unsent;

    public EventFormat Format => format;

    public string ConnectionId => context.Features.GetRequiredFeature<IHttpConnectionFeature>().ConnectionId;

    /// <summary>The request asks only for the headers of the answer, not for its events.</summary>
    public bool IsHead => HttpMethods.IsHead(context.Request.Method);

    /// <summary>The client has gone, or takes nothing.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>While it is set, it measures how fast the client takes the bytes.</summary>
    public Transfer? Transfer { get; set; }

    /// <summary>Sends the headers: the client knows that it watches, though nothing may happen for long.</summary>
    public async ValueTask BeginAsync(Revision revision)
    {
        // Silence is normal here, and a client too slow for its changes gets a gap.
        context.AllowPauses();
        var response = context.Response;
        response.ContentType = format == EventFormat.ServerSentEvents ? "text/event-stream" : "application/x-ndjson";

        // Events are of use only at once: nothing on their way is to keep them, nor to compress them and wait for more.
        response.Headers.CacheControl = "no-store, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
        response.Headers.Vary = "Accept, Last-Event-ID";
        Serving.ResponseHeaders.SetRevision(response, revision);

        // To start is not to send: the flush does that.
        await response.StartAsync(context.RequestAborted);
        await FlushAsync();
    }

    /// <summary>Sends an event behind those that wait to be sent, which it may leave waiting: see <see cref="EventFrame"/>.</summary>
    /// <exception cref="OperationCanceledException">The client has gone, or takes nothing.</exception>
    public ValueTask SendAsync(byte[] frame)
    {
        if (frame.Length > UnsentBytesMax)
        {
            return SendPiecesAsync(frame);
        }

        Write(frame);
        return FlushWhenFullAsync();
    }

    /// <summary>Puts a small event, or a part of one, behind those that wait to be sent.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        _unsent += bytes.Length;
    }

    /// <inheritdoc cref="EventFrame.Of"/>
    public void Write(string name, ReadOnlySpan<byte> data, Revision? id = null) =>
        Write(EventFrame.Of(format, name, data, id));

    public void Advance(int count)
    {
        _output.Advance(count);
        _unsent += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0) => _output.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _output.GetSpan(sizeHint);

    /// <summary>Sends the waiting bytes, if they are many: no stream has more of them than that.</summary>
    /// <exception cref="OperationCanceledException">The client has gone, or takes nothing.</exception>
    public ValueTask FlushWhenFullAsync() => _unsent < UnsentBytesMax ? ValueTask.CompletedTask : FlushAsync();

    /// <exception cref="OperationCanceledException">The client has gone, or takes nothing.</exception>
    public async ValueTask FlushAsync()
    {
        var bytes = _unsent;
        _unsent = 0;
        var flush = _output.FlushAsync(context.RequestAborted);
        if (Transfer is not { } transfer)
        {
            await flush;
            return;
        }

        transfer.EndWait(bytes);
        if (!flush.IsCompleted)
        {
            transfer.BeginWait();
        }

        try
        {
            await flush;
        }
        finally
        {
            transfer.EndWait(0);
        }
    }

    /// <summary>Cuts the client off.</summary>
    public void Abort() => context.Abort();

    private async ValueTask SendPiecesAsync(byte[] frame)
    {
        for (var start = 0; start < frame.Length; start += UnsentBytesMax)
        {
            Write(frame.AsSpan(start, Math.Min(UnsentBytesMax, frame.Length - start)));
            await FlushWhenFullAsync();
        }
    }
}
