using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Hosting.Memory;

/// <summary>
/// The body of an answer, between its writer and the web server: in parts, and at a pace (<see cref="AnswerPace"/>).
/// </summary>
/// <remarks>
/// The web server waits for its client only in <see cref="FlushAsync"/> and <see cref="WriteAsync"/>. What is written
/// in another way stays with it, unbounded and for as long as the client likes: larger answers end with a flush.
/// </remarks>
internal sealed class PacedAnswer(HttpContext context, IHttpResponseBodyFeature server, AnswerPace pace)
    : PipeWriter, IHttpResponseBodyFeature
{
    private readonly PipeWriter _output = server.Writer;
    private Stream? _stream;
    private Transfer? _transfer;
    private long _unflushed;
    private bool _mayPause;

    Stream IHttpResponseBodyFeature.Stream => _stream ??= AsStream(leaveOpen: true);

    PipeWriter IHttpResponseBodyFeature.Writer => this;

    public override bool CanGetUnflushedBytes => _output.CanGetUnflushedBytes;

    public override long UnflushedBytes => _output.UnflushedBytes;

    /// <summary>
    /// Silence is normal for a stream of future events: only a client that takes nothing at all is cut off.
    /// </summary>
    public void AllowPauses() => _mayPause = true;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _output.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _output.GetSpan(sizeHint);

    public override void Advance(int bytes)
    {
        _output.Advance(bytes);
        _unflushed += bytes;
    }

    /// <exception cref="ConnectionAbortedException">The client takes too little.</exception>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        PassOnAsync(_output.FlushAsync(cancellationToken));

    /// <inheritdoc cref="FlushAsync"/>
    public override ValueTask<FlushResult> WriteAsync(
        ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (source.Length > AnswerPace.PartBytes)
        {
            return WritePartsAsync(source, cancellationToken);
        }

        _unflushed += source.Length;
        return PassOnAsync(_output.WriteAsync(source, cancellationToken));
    }

    public override void CancelPendingFlush() => _output.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _output.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _output.CompleteAsync(exception);

    Task IHttpResponseBodyFeature.CompleteAsync() => server.CompleteAsync();

    void IHttpResponseBodyFeature.DisableBuffering() => server.DisableBuffering();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => server.StartAsync(cancellationToken);

    Task IHttpResponseBodyFeature.SendFileAsync(
        string path, long offset, long? count, CancellationToken cancellationToken) =>
        server.SendFileAsync(path, offset, count, cancellationToken);

    /// <summary>Over HTTP/2 this is the end of a stream, over HTTP/1.1 of a connection.</summary>
    internal void End() => context.Abort();

    private async ValueTask<FlushResult> WritePartsAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        FlushResult flushed;
        do
        {
            var part = source[..Math.Min(source.Length, AnswerPace.PartBytes)];
            source = source[part.Length..];
            flushed = await WriteAsync(part, cancellationToken);
        }
        while (!source.IsEmpty && flushed is { IsCompleted: false, IsCanceled: false });

        return flushed;
    }

    private ValueTask<FlushResult> PassOnAsync(ValueTask<FlushResult> flush)
    {
        var bytes = _unflushed;
        _unflushed = 0;
        if (!flush.IsCompletedSuccessfully)
        {
            return WaitAsync(flush, bytes);
        }

        _transfer?.EndWait(bytes);
        return flush;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush, long bytes)
    {
        var transfer = _transfer ??= pace.Begin(this, _mayPause);
        transfer.EndWait(bytes);
        transfer.BeginWait();
        pace.Hold(bytes);
        try
        {
            var result = await flush;
            return transfer.IsEnded
                ? throw new ConnectionAbortedException("The client took its answer too slowly.")
                : result;
        }
        finally
        {
            transfer.EndWait(0);
            pace.Release(bytes);
        }
    }
}
