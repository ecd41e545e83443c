using System.Globalization;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <summary>The snapshot files of one node: <c>snapshot-</c>, index and term in 16 hexadecimal digits each.</summary>
/// <remarks>
/// May be used from several threads: snapshots are written, sent and received beside the log. Damaged files are
/// reported and left alone; they count for nothing (bug B-50).
/// </remarks>
public sealed class SnapshotStore
{
    private const string Prefix = "snapshot-";
    private const string TemporaryPrefix = "tmp-snapshot-";

    private readonly IFileSystem _files;
    private readonly Guid _clusterId;
    private readonly Lock _lock = new();
    private readonly HashSet<string> _verified = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StorageCorruptedException> _damaged = new(StringComparer.Ordinal);
    private (string Name, long Bytes) _newest = ("", 0);
    private int _temporaries;

    /// <summary>Deletes the remains of interrupted writers: only one store may use a directory.</summary>
    public SnapshotStore(IFileSystem files, Guid clusterId)
        : this(files, clusterId, isForReading: false)
    {
    }

    private SnapshotStore(IFileSystem files, Guid clusterId, bool isForReading)
    {
        ArgumentNullException.ThrowIfNull(files);
        _files = files;
        _clusterId = clusterId;
        if (!isForReading)
        {
            files.DeleteTemporary(TemporaryPrefix);
        }
    }

    /// <summary>The damaged files found so far.</summary>
    public IReadOnlyList<StorageCorruptedException> Damaged
    {
        get
        {
            lock (_lock)
            {
                return [.. _damaged.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => d.Value)];
            }
        }
    }

    /// <summary>Size of the newest snapshot file that has been verified or written here; 0: there is none.</summary>
    public long NewestBytes
    {
        get
        {
            lock (_lock)
            {
                return _newest.Bytes;
            }
        }
    }

    /// <summary>For inspection only: deletes nothing.</summary>
    public static SnapshotStore ForReading(IFileSystem files, Guid clusterId) =>
        new(files, clusterId, isForReading: true);

    public SnapshotFileWriter Create(SnapshotMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return new SnapshotFileWriter(this, NewTemporary(), new SnapshotHeader(_clusterId, metadata));
    }

    /// <summary>Begins to take a snapshot file from a peer.</summary>
    public SnapshotFileReceiver Receive() => new(this, NewTemporary());

    /// <summary>The newest snapshot all of whose bytes verify; older ones are not even opened.</summary>
    /// <exception cref="StorageVersionException">
    /// One is of a newer format: falling back behind it would lose data.
    /// </exception>
    public SnapshotMetadata? FindNewest()
    {
        foreach (var name in NamesFromNewest())
        {
            if (TryVerify(name) is { } metadata)
            {
                return metadata;
            }
        }

        return null;
    }

    /// <summary>Reads all snapshots to their last byte; those that are damaged are in <see cref="Damaged"/> then.</summary>
    /// <returns>The intact ones, newest first.</returns>
    public IReadOnlyList<SnapshotMetadata> VerifyAll() => [.. NamesFromNewest().Select(TryVerify).OfType<SnapshotMetadata>()];

    /// <summary>Reads a snapshot to its last byte; if it is damaged, it is in <see cref="Damaged"/> then.</summary>
    /// <exception cref="FileNotFoundException">It has been purged in the meantime.</exception>
    public bool IsIntact(SnapshotMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return TryVerify(NameOf(metadata)) is not null;
    }

    /// <exception cref="StorageCorruptedException">Its header is damaged.</exception>
    /// <exception cref="FileNotFoundException">It has been purged in the meantime.</exception>
    public SnapshotFileReader OpenRead(SnapshotMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return OpenRead(NameOf(metadata));
    }

    /// <summary>
    /// Deletes all but the newest <paramref name="keep"/> intact snapshots. Damaged ones stay, uncounted.
    /// </summary>
    public void Purge(int keep)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, 1);
        foreach (var name in NamesFromNewest())
        {
            if (!IsVerified(name) && TryVerify(name) is null)
            {
                continue;
            }

            if (keep-- <= 0)
            {
                _files.Delete(name);
            }
        }

        _files.SyncDirectory();
    }

    internal void Publish(TemporaryFile file, SnapshotMetadata metadata)
    {
        var name = NameOf(metadata);
        var bytes = file.File.Length;
        file.Publish(name);
        NoteIntact(name, bytes);
    }

    /// <summary>Damage in it is not damage of this store.</summary>
    internal SnapshotFileReader OpenUnpublished(string name)
    {
        var file = _files.Open(name, FileOpening.Existing);
        try
        {
            return new SnapshotFileReader(file, name, _clusterId);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string NameOf(SnapshotMetadata metadata) => string.Create(
        CultureInfo.InvariantCulture, $"{Prefix}{metadata.Index.Value:x16}-{metadata.Term.Value:x16}");

    /// <summary>Fixed width makes the ordinal order of the names that of the indexes.</summary>
    private IEnumerable<string> NamesFromNewest() =>
        _files.List().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Reverse();

    private SnapshotMetadata? TryVerify(string name)
    {
        try
        {
            var metadata = Verify(name, out var bytes);
            if (name != NameOf(metadata))
            {
                throw new StorageCorruptedException(name, 0, $"it is the snapshot at {metadata.Index}");
            }

            NoteIntact(name, bytes);
            return metadata;
        }
        catch (StorageCorruptedException e)
        {
            NoteDamage(name, e);
            return null;
        }
    }

    private SnapshotMetadata Verify(string name, out long bytes)
    {
        using var reader = OpenRead(name);
        reader.Verify();
        bytes = reader.Length;
        return reader.Metadata;
    }

    private void NoteIntact(string name, long bytes)
    {
        lock (_lock)
        {
            _verified.Add(name);
            _damaged.Remove(name);
            if (string.CompareOrdinal(name, _newest.Name) >= 0)
            {
                _newest = (name, bytes);
            }
        }
    }

    private void NoteDamage(string name, StorageCorruptedException problem)
    {
        lock (_lock)
        {
            _damaged[name] = problem;
            _verified.Remove(name);
        }
    }

    private bool IsVerified(string name)
    {
        lock (_lock)
        {
            return _verified.Contains(name);
        }
    }

    private SnapshotFileReader OpenRead(string name)
    {
        try
        {
            return OpenUnpublished(name);
        }
        catch (StorageCorruptedException e)
        {
            NoteDamage(name, e);
            throw;
        }
    }

    private TemporaryFile NewTemporary() => new(
        _files,
        TemporaryPrefix + Interlocked.Increment(ref _temporaries).ToString(CultureInfo.InvariantCulture));
}
