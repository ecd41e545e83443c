using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>Writes one snapshot under a temporary name; it exists once <see cref="Commit"/> has returned.</summary>
/// <remarks>One thread at a time; that thread need not be the log's.</remarks>
public sealed class SnapshotFileWriter : IDisposable
{
    /// <summary>Most bytes of one block.</summary>
    public const int BlockBytesMax = 16 << 20;

    private const int BufferBytes = 256 << 10;

    /// <summary>Synced in slices: one big sync at the end would hold up those of the log on the same disk.</summary>
    private const int SyncEveryBytes = 4 << 20;

    private readonly SnapshotStore _store;
    private readonly TemporaryFile _file;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly uint _seed;
    private int _buffered;
    private long _offset;
    private long _synced;
    private long _blocks;
    private uint _whole;

    internal SnapshotFileWriter(SnapshotStore store, TemporaryFile file, SnapshotHeader header)
    {
        _store = store;
        _file = file;
        Metadata = header.Metadata;
        var bytes = header.ToBytes();
        _seed = _whole = SnapshotHeader.SeedOf(bytes);
        Put(bytes);
    }

    public SnapshotMetadata Metadata { get; }

    /// <summary>Bytes of the file so far.</summary>
    public long Length => _offset + _buffered;

    /// <summary>Adds a block; the reader gets the same blocks back.</summary>
    /// <exception cref="StorageFullException">No room: dispose this writer and try again later.</exception>
    public void Write(ReadOnlySpan<byte> block)
    {
        ArgumentOutOfRangeException.ThrowIfZero(block.Length, nameof(block));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(block.Length, BlockBytesMax, nameof(block));
        var crc = SnapshotBlock.CrcOf(_seed, Length, block);
        Span<byte> header = stackalloc byte[SnapshotBlock.HeaderBytes];
        SnapshotBlock.WriteHeader(header, block.Length, crc);
        Put(header);
        Put(block);
        _whole = SnapshotBlock.AppendToWhole(_whole, crc);
        _blocks++;
    }

    /// <summary>Makes the snapshot durable, content first, then name.</summary>
    public void Commit()
    {
        Put(SnapshotBlock.Footer(_seed, Length, _blocks, _whole));
        Flush();
        _store.Publish(_file, Metadata);
    }

    /// <summary>Without <see cref="Commit"/> the file is deleted.</summary>
    public void Dispose() => _file.Dispose();

    private void Put(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Math.Min(bytes.Length, _buffer.Length - _buffered);
            bytes[..count].CopyTo(_buffer.AsSpan(_buffered));
            _buffered += count;
            bytes = bytes[count..];
            if (_buffered == _buffer.Length)
            {
                Flush();
            }
        }
    }

    private void Flush()
    {
        _file.File.Write(_offset, _buffer.AsSpan(0, _buffered));
        _offset += _buffered;
        _buffered = 0;
        if (_offset - _synced >= SyncEveryBytes)
        {
            _file.File.DataSync();
            _synced = _offset;
        }
    }
}
