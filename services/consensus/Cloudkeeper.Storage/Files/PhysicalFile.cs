using Microsoft.Win32.SafeHandles;

namespace Cloudkeeper.Storage;

internal sealed class PhysicalFile(string path, SafeFileHandle handle, FailureLatch failures) : IStorageFile
{
    private const int ZeroChunkBytes = 1 << 20;

    private readonly ReadSome _readSome = (at, into) => RandomAccess.Read(handle, into, at);

    /// <summary>pread: it may return less than there is, and returns nothing at the end only.</summary>
    internal delegate int ReadSome(long offset, Span<byte> buffer);

    public long Length
    {
        get
        {
            failures.ThrowIfFailed();
            return RandomAccess.GetLength(handle);
        }
    }

    public int Read(long offset, Span<byte> buffer)
    {
        failures.ThrowIfFailed();
        try
        {
            return ReadFully(_readSome, offset, buffer);
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e))
        {
            throw failures.Fail(e, "read of " + path);
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        failures.ThrowIfFailed();
        try
        {
            RandomAccess.Write(handle, bytes, offset);
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e))
        {
            throw failures.Translate(e, "write to " + path);
        }
    }

    public void Allocate(long length)
    {
        failures.ThrowIfFailed();
        try
        {
            var before = RandomAccess.GetLength(handle);
            if (length > before && !Libc.TryAllocate(handle, length, path))
            {
                WriteZeros(before, length);
            }
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e))
        {
            throw failures.Translate(e, "allocation of " + path);
        }
    }

    public void Truncate(long length)
    {
        failures.ThrowIfFailed();
        try
        {
            RandomAccess.SetLength(handle, length);
        }
        catch (Exception e) when (FailureLatch.IsOfTheWorld(e))
        {
            throw failures.Fail(e, "truncation of " + path);
        }
    }

    public void DataSync()
    {
        failures.ThrowIfFailed();
        try
        {
            Libc.DataSync(handle, path);
        }
        catch (IOException e)
        {
            // Even "no room" is final here: the kernel may have dropped the pages that it could not write.
            throw failures.Fail(e, "sync of " + path);
        }
    }

    public void FullSync()
    {
        failures.ThrowIfFailed();
        try
        {
            Libc.FullSync(handle, path);
        }
        catch (IOException e)
        {
            throw failures.Fail(e, "sync of " + path);
        }
    }

    public void Dispose() => handle.Dispose();

    internal static int ReadFully(ReadSome readSome, long offset, Span<byte> buffer)
    {
        var total = 0;
        for (var read = -1; read != 0 && total < buffer.Length; total += read)
        {
            read = readSome(offset + total, buffer[total..]);
        }

        return total;
    }

    /// <summary>The slow way to reserve space, on file systems without fallocate.</summary>
    private void WriteZeros(long from, long to)
    {
        var zeros = new byte[Math.Min(ZeroChunkBytes, to - from)];
        for (var offset = from; offset < to; offset += zeros.Length)
        {
            RandomAccess.Write(handle, zeros.AsSpan(0, (int)Math.Min(zeros.Length, to - offset)), offset);
        }
    }
}
