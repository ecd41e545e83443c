using System.IO.Pipelines;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// A request's body that knows whether reading has begun: only one that is whole can be sent to another
/// gateway. It has to come at a pace.
/// </summary>
/// <param name="pace">Null: the web server sees to it.</param>
internal sealed class UnreadBody(Stream body, PipeReader reader, BodyPace? pace) : Stream
{
    private Transfer? _transfer;

    public bool IsWhole { get; private set; } = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <remarks>
    /// Not to be cancelled: the web server cannot read on behind a read that was. It would reset the connection because
    /// of the rest of the body, and the client might never see an answer that came early. A client that has left ends
    /// the read as well, and one that sends nothing does after a few seconds.
    /// </remarks>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IsWhole = false;
        var read = body.ReadAsync(buffer, CancellationToken.None);
        if (pace is null)
        {
            return read;
        }

        if (read.IsCompletedSuccessfully)
        {
            var count = read.Result;
            _transfer?.EndWait(count);
            return new(count);
        }

        _transfer ??= pace.Begin(reader);
        return WaitAsync(read, _transfer);
    }

    /// <summary>There is no reader any more.</summary>
    public void EndReading() => _transfer?.Dispose();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private static async ValueTask<int> WaitAsync(ValueTask<int> read, Transfer transfer)
    {
        transfer.BeginWait();
        try
        {
            var count = await read;
            transfer.EndWait(count);
            return count;
        }
        catch (OperationCanceledException e) when (transfer.IsEnded)
        {
            throw new BadHttpRequestException("The body came too slowly.", StatusCodes.Status408RequestTimeout, e);
        }
    }
}
