using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Cloudkeeper.Hosting;

/// <summary>
/// Sends what a connection's streams write from one place: what comes while a thread is on its way to it, or bytes are on
/// their way out, goes out together.
/// </summary>
/// <remarks>
/// For connections of many streams where sockets are written to inline: there each answer would be a packet of its own,
/// which the other side would be woken for as well.
/// </remarks>
internal sealed class GatheredOutput : IDuplexPipe, IAsyncDisposable
{
    private readonly PipeWriter _output;
    private readonly Pipe _gathered;
    private readonly Task _sending;

    /// <param name="connection">Its transport is left as it is; disposing this does not close it.</param>
    public GatheredOutput(ConnectionContext connection)
    {
        Input = connection.Transport.Input;
        _output = connection.Transport.Output;
        _gathered = new Pipe(new PipeOptions(
            connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool, useSynchronizationContext: false));
        _sending = SendAsync();
    }

    public PipeReader Input { get; }

    public PipeWriter Output => _gathered.Writer;

    /// <summary>Completes when everything written is with the transport, or the transport takes no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gathered.Writer.CompleteAsync();
        await _sending;
    }

    /// <summary>Whoever writes learns of a failure from here as from the transport itself.</summary>
    private async Task SendAsync()
    {
        Exception? failure = null;
        try
        {
            while (await SendNextAsync())
            {
            }
        }
#pragma warning disable CA1031 // Whatever it is: it is passed on.
        catch (Exception e)
        {
            failure = e;
        }
#pragma warning restore CA1031

        await _gathered.Reader.CompleteAsync(failure);
    }

    private async ValueTask<bool> SendNextAsync()
    {
        var written = await _gathered.Reader.ReadAsync();
        foreach (var segment in written.Buffer)
        {
            _output.Write(segment.Span);
        }

        _gathered.Reader.AdvanceTo(written.Buffer.End);
        var flushed = await _output.FlushAsync();
        return !written.IsCompleted && !flushed.IsCompleted;
    }
}
