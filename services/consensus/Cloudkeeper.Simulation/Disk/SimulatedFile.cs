using Cloudkeeper.Storage;

namespace Cloudkeeper.Simulation;

/// <summary>One open file of a <see cref="SimulatedFileSystem"/>.</summary>
internal sealed class SimulatedFile(SimulatedFileSystem disk, string name, SimulatedInode inode) : IStorageFile
{
    private bool _isDisposed;

    public long Length
    {
        get
        {
            ThrowIfUnusable();
            return inode.Length;
        }
    }

    public int Read(long offset, Span<byte> buffer)
    {
        ThrowIfUnusable();
        return inode.Read(offset, buffer);
    }

    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        ThrowIfUnusable();
        var growth = offset + bytes.Length - inode.Length;
        disk.RequireFree(growth, name);
        var copy = bytes.ToArray();
        disk.Run(
            DiskOperation.Write,
            name,
            () => inode.Write(offset, copy),
            onFull: () => inode.Write(offset, copy[..(copy.Length / 2)]),
            wantsSpace: growth > 0);
    }

    public void Allocate(long length)
    {
        ThrowIfUnusable();
        if (length > inode.Length)
        {
            disk.RequireFree(length - inode.Length, name);
            disk.Run(DiskOperation.Allocate, name, () => inode.SetLength(length), wantsSpace: true);
        }
    }

    public void Truncate(long length)
    {
        ThrowIfUnusable();
        disk.Run(DiskOperation.Truncate, name, () => inode.SetLength(length));
    }

    public void DataSync()
    {
        ThrowIfUnusable();
        disk.Sync(inode, name);
    }

    public void FullSync()
    {
        ThrowIfUnusable();
        disk.Sync(inode, name);
    }

    public void Dispose() => _isDisposed = true;

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        disk.ThrowIfDown(name);
    }
}
