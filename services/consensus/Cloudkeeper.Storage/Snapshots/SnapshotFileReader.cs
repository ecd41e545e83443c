using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>Reads one snapshot, block by block and checked, or its raw bytes to send to a peer.</summary>
/// <remarks>Stays usable when the snapshot is purged in the meantime.</remarks>
public sealed class SnapshotFileReader : IDisposable
{
    private readonly IStorageFile _file;
    private readonly string _name;
    private readonly FileWindow _window;
    private readonly uint _seed;
    private byte[] _block = [];
    private long _offset;
    private long _blocks;
    private uint _whole;
    private bool _atEnd;

    /// <param name="cluster">To which it must belong; null: to any.</param>
    internal SnapshotFileReader(IStorageFile file, string name, Guid? cluster)
    {
        _file = file;
        _name = name;
        Length = file.Length;
        var bytes = SnapshotHeader.ReadBytes(file, name);
        var header = SnapshotHeader.Parse(bytes, name);
        if (cluster is not null && header.Cluster != cluster)
        {
            throw new StorageCorruptedException(name, 0, $"it is a snapshot of cluster {header.Cluster}");
        }

        ClusterId = header.Cluster;
        Metadata = header.Metadata;
        _window = new FileWindow(file, Length);
        _offset = bytes.Length;
        _seed = _whole = SnapshotHeader.SeedOf(bytes);
    }

    public Guid ClusterId { get; }

    public SnapshotMetadata Metadata { get; }

    /// <summary>Bytes of the whole file.</summary>
    public long Length { get; }

    /// <summary>
    /// Raw bytes of the file, unchecked: the receiver checks them. Fewer than asked for only at the end.
    /// </summary>
    public int ReadRaw(long offset, Span<byte> buffer) => _file.Read(offset, buffer);

    /// <summary>The next block, valid until the next call. False: that was all, and the footer agrees.</summary>
    /// <exception cref="StorageCorruptedException">The blocks so far must not be used either.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> block)
    {
        block = default;
        if (_atEnd)
        {
            return false;
        }

        var start = _window.Peek(_offset, SnapshotBlock.HeaderBytes);
        if (start.Length < SnapshotBlock.HeaderBytes)
        {
            throw Damaged("it ends without a footer");
        }

        var (length, crc) = SnapshotBlock.ReadHeader(start);
        if (length == 0)
        {
            ReadFooter();
            return false;
        }

        if (length is < 0 or > SnapshotFileWriter.BlockBytesMax
            || length > Length - _offset - SnapshotBlock.HeaderBytes)
        {
            throw Damaged($"a block of {length} bytes is impossible");
        }

        block = ReadBlock(length, crc);
        return true;
    }

    /// <summary>Reads all bytes to the end.</summary>
    internal void Verify()
    {
        while (TryRead(out _))
        {
        }
    }

    public void Dispose() => _file.Dispose();

    private ReadOnlyMemory<byte> ReadBlock(int length, uint crc)
    {
        if (_block.Length < length)
        {
            _block = GC.AllocateUninitializedArray<byte>(length);
        }

        _window.Read(_offset + SnapshotBlock.HeaderBytes, _block.AsSpan(0, length));
        if (SnapshotBlock.CrcOf(_seed, _offset, _block.AsSpan(0, length)) != crc)
        {
            throw Damaged("the checksum of a block does not match");
        }

        _whole = SnapshotBlock.AppendToWhole(_whole, crc);
        _offset += SnapshotBlock.HeaderBytes + length;
        _blocks++;
        return _block.AsMemory(0, length);
    }

    private void ReadFooter()
    {
        var expected = SnapshotBlock.Footer(_seed, _offset, _blocks, _whole);
        if (Length - _offset != expected.Length || !_window.Peek(_offset, expected.Length).SequenceEqual(expected))
        {
            throw Damaged("its footer does not fit to its content");
        }

        _atEnd = true;
    }

    private StorageCorruptedException Damaged(string problem) => new(_name, _offset, problem);
}
