using System.Buffers;
using System.IO.Pipelines;
using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>Puts events on the wire.</summary>
internal sealed class EventWriter(HttpContext context, EventFormat format)
{
    private readonly PipeWriter _output = context.Response.BodyWriter;

    public EventFormat Format => format;

    public string ConnectionId => context.Features.GetRequiredFeature<IHttpConnectionFeature>().ConnectionId;

    /// <summary>Only what the answer would be was asked for, not its events.</summary>
    public bool IsHead => HttpMethods.IsHead(context.Request.Method);

    /// <summary>The client has gone, or takes nothing.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>Sends the headers: the client knows that it watches, though nothing may happen for long.</summary>
    public async ValueTask BeginAsync(Revision revision)
    {
        // Silence is normal here, and a client too slow for its changes is told so by a gap.
        context.AllowPauses();
        var response = context.Response;
        response.ContentType = format == EventFormat.ServerSentEvents ? "text/event-stream" : "application/x-ndjson";

        // Events are of use only at once: nothing on their way is to keep them, nor to compress them and wait for more.
        response.Headers.CacheControl = "no-store, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
        response.Headers.Vary = "Accept, Last-Event-ID";
        Serving.ResponseHeaders.SetRevision(response, revision);

        // To start is not to send: that is what the flush does.
        await response.StartAsync(context.RequestAborted);
        await FlushAsync();
    }

    /// <summary>Puts events behind those that wait to be sent: see <see cref="EventFrame"/>.</summary>
    public void Write(byte[] frame) => _output.Write(frame);

    /// <inheritdoc cref="EventFrame.Of"/>
    public void Write(string name, ReadOnlySpan<byte> data, Revision? id = null) =>
        _output.Write(EventFrame.Of(format, name, data, id));

    /// <exception cref="OperationCanceledException">The client has gone, or takes nothing.</exception>
    public async ValueTask FlushAsync() => await _output.FlushAsync(context.RequestAborted);
}
