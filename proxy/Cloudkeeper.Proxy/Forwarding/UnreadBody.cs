namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// A request's body that knows whether anybody has begun to read it: only one that is whole can be sent to another
/// gateway.
/// </summary>
internal sealed class UnreadBody(Stream body) : Stream
{
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
    /// Not to be cancelled: the web server cannot read on behind a read that was. It would reset the connection because of
    /// what is left of the body, and the client might never see an answer that came early. A client that has left ends the
    /// read as well, and one that sends nothing does after a few seconds.
    /// </remarks>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IsWhole = false;
        return body.ReadAsync(buffer, CancellationToken.None);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
