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

    /// <summary>Reads the bytes that have come, before they count.</summary>
    /// <exception cref="StorageCorruptedException">It does not even begin like a snapshot of this cluster.</exception>
    public SnapshotFileReader OpenRead() => _store.OpenUnpublished(_file.Name);

    /// <summary>Reads all bytes back, checks them and makes them a snapshot of this node.</summary>
    /// <param name="announced">The snapshot that it has to be.</param>
    /// <exception cref="StorageCorruptedException">
    /// Not a whole snapshot of this cluster, or another one than announced: dispose and fetch it again.
    /// </exception>
    public void Commit(SnapshotMetadata announced)
    {
        ArgumentNullException.ThrowIfNull(announced);
        using (var reader = OpenRead())
        {
            if (reader.Metadata != announced)
            {
                throw new StorageCorruptedException(
                    _file.Name, 0, $"it is the snapshot at {reader.Metadata.Index}, and not what it was announced as");
            }

            reader.Verify();
        }

        _store.Publish(_file, announced);
    }

    /// <summary>Without <see cref="Commit"/> the bytes are deleted.</summary>
    public void Dispose() => _file.Dispose();
}
