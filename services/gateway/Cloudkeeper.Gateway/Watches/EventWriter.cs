using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Cloudkeeper.Protocol;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>Puts events on the wire.</summary>
internal sealed class EventWriter(HttpContext context, EventFormat format)
{
    /// <summary>A client that takes nothing for this long is cut off.</summary>
    private static readonly TimeSpan StallMax = TimeSpan.FromMinutes(1);

    private readonly PipeWriter _output = context.Response.BodyWriter;

    /// <summary>Sends the headers: the client knows that it watches, though nothing may happen for long.</summary>
    public Task BeginAsync(Revision revision)
    {
        // Silence is normal here, and a client too slow for its changes is told so by a gap.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var response = context.Response;
        response.ContentType = format == EventFormat.ServerSentEvents ? "text/event-stream" : "application/x-ndjson";
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        Serving.ResponseHeaders.SetRevision(response, revision);
        return response.StartAsync(context.RequestAborted);
    }

    /// <param name="data">JSON in one line.</param>
    /// <param name="id">Where a resume begins: only on the last event of a revision.</param>
    public void Write(string name, ReadOnlySpan<byte> data, Revision? id = null)
    {
        if (format == EventFormat.ServerSentEvents)
        {
            Append("event: "u8, name);
            Append("\ndata: "u8, data);
            Append(id is null ? ""u8 : "\nid: "u8, id?.ToString() ?? "");
            _output.Write("\n\n"u8);
        }
        else
        {
            Append("{\"event\":\""u8, name);
            Append(id is null ? "\""u8 : "\",\"id\":\""u8, id?.ToString() ?? "");
            Append(id is null ? ",\"data\":"u8 : "\",\"data\":"u8, data);
            _output.Write("}\n"u8);
        }
    }

    /// <exception cref="OperationCanceledException">The client has gone, or takes nothing.</exception>
    public async ValueTask FlushAsync()
    {
        var flush = _output.FlushAsync(context.RequestAborted);
        if (flush.IsCompletedSuccessfully)
        {
            _ = flush.Result;
            return;
        }

        try
        {
            await flush.AsTask().WaitAsync(StallMax, context.RequestAborted);
        }
        catch (TimeoutException e)
        {
            context.Abort();
            throw new OperationCanceledException("The client takes nothing.", e, context.RequestAborted);
        }
    }

    private void Append(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text)
    {
        _output.Write(before);
        _output.Write(text);
    }

    private void Append(ReadOnlySpan<byte> before, string text)
    {
        _output.Write(before);
        Encoding.UTF8.GetBytes(text, _output);
    }
}
