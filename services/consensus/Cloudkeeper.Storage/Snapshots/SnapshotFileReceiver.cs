using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>Takes the raw bytes of a peer's snapshot file; nothing of them counts before all are verified.</summary>
public sealed class SnapshotFileReceiver : IDisposable
{
    private readonly SnapshotStore _store;
    private readonly TemporaryFile _file;

    internal SnapshotFileReceiver(SnapshotStore store, TemporaryFile file)
    {
        _store = store;
        _file = file;
    }

    /// <summary>Bytes taken so far: where the sender goes on after an interruption.</summary>
    public long Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        _file.File.Write(Length, bytes);
        Length += bytes.Length;
    }

    /// <summary>Reads everything back, checks it and makes it a snapshot of this node.</summary>
    /// <exception cref="StorageCorruptedException">
    /// Not a whole snapshot of this cluster: dispose and fetch it again.
    /// </exception>
    public SnapshotMetadata Commit()
    {
        var metadata = _store.Verify(_file.Name, out _);
        _store.Publish(_file, metadata);
        return metadata;
    }

    /// <summary>Without <see cref="Commit"/> the bytes are deleted.</summary>
    public void Dispose() => _file.Dispose();
}
