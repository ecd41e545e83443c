namespace Cloudkeeper.Storage;

/// <summary>The data directory of one node, at the level of bytes: plain file names, no folders.</summary>
/// <remarks>
/// The real log and snapshot code runs over this, on a disk and in the simulation alike. Errors of the world are
/// <see cref="StorageFullException"/> (nothing happened, may be tried again) and <see cref="StorageFailedException"/>
/// (the state of the disk is unknown, the process must stop).
/// </remarks>
public interface IFileSystem
{
    /// <summary>The bytes that could still be allocated: an estimate, others may write to the same disk.</summary>
    long FreeBytes { get; }

    /// <exception cref="FileNotFoundException">
    /// There is no file of this name to open: an answer, not a failure.
    /// </exception>
    IStorageFile Open(string name, FileOpening opening);

    /// <summary>The names of all files, in ordinal order.</summary>
    IReadOnlyList<string> List();

    /// <summary>Atomic; replaces <paramref name="newName"/>. Durable only after <see cref="SyncDirectory"/>.</summary>
    void Rename(string name, string newName);

    /// <summary>Durable only after <see cref="SyncDirectory"/>.</summary>
    void Delete(string name);

    /// <summary>Makes creations, renames and deletions durable (bug B-43: syncing the file alone does not).</summary>
    void SyncDirectory();
}

public enum FileOpening
{
    CreateNew,
    Existing,
}
