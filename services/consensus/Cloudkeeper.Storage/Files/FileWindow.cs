namespace Cloudkeeper.Storage;

/// <summary>
/// Reads a file front to back through one buffer, so that small records do not cost a system call each.
/// </summary>
internal sealed class FileWindow(IStorageFile file, long fileLength)
{
    private const int BytesMax = 256 << 10;

    private readonly byte[] _bytes = new byte[(int)Math.Min(BytesMax, fileLength)];
    private long _offset;
    private int _length;

    /// <summary>Up to <paramref name="count"/> bytes at an offset; fewer only at the end of the file.</summary>
    public ReadOnlySpan<byte> Peek(long offset, int count)
    {
        count = (int)Math.Min(count, fileLength - offset);
        if (offset < _offset || offset + count > _offset + _length)
        {
            _offset = offset;
            _length = (int)Math.Min(_bytes.Length, fileLength - offset);
            Fill(offset, _bytes.AsSpan(0, _length));
        }

        return _bytes.AsSpan((int)(offset - _offset), count);
    }

    /// <summary>Fills the output, which must lie within the file.</summary>
    public void Read(long offset, Span<byte> output)
    {
        if (output.Length <= _bytes.Length)
        {
            Peek(offset, output.Length).CopyTo(output);
        }
        else
        {
            Fill(offset, output);
        }
    }

    private void Fill(long offset, Span<byte> output)
    {
        var read = file.Read(offset, output);
        if (read != output.Length)
        {
            throw new StorageFailedException(
                $"A file became shorter while it was read: {read} of {output.Length} bytes.");
        }
    }
}
