namespace Cloudkeeper.Storage;

/// <summary>The disk, or its content, is not as it must be. The subclasses define the remedy.</summary>
public abstract class StorageException : Exception
{
    protected StorageException(string message)
        : base(message)
    {
    }

    protected StorageException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>There is no room, and nothing has been changed: refuse writes and try again later (bug B-49).</summary>
public sealed class StorageFullException : StorageException
{
    public StorageFullException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// A write or a sync failed, so the state of the disk is unknown. Fatal: the process must stop and recover; never
/// retry, a second sync would report success for pages that the kernel has already dropped (bugs B-41, B-42).
/// </summary>
public sealed class StorageFailedException : StorageException
{
    public StorageFailedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// Bytes that were durable once are damaged or missing. The node must neither vote nor lead with this data
/// (bug B-45: taking such damage for a torn tail deletes committed entries).
/// </summary>
public sealed class StorageCorruptedException : StorageException
{
    private const string Advice =
        "Do not edit or delete single files. The node does not vote with this data and keeps it; it asks its cluster to take "
        + "it in again as a new member. Check the disk.";

    public StorageCorruptedException(string file, long offset, string problem)
        : base($"{file} is damaged at byte {offset}: {problem}. {Advice}")
    {
        File = file;
        Offset = offset;
        Problem = problem;
    }

    public string File { get; }

    public long Offset { get; }

    public string Problem { get; }
}

/// <summary>The file was written by newer software: start that version again, or a later one.</summary>
public sealed class StorageVersionException : StorageException
{
    public StorageVersionException(string file, int found, int known)
        : base($"{file} has format version {found}, this software knows versions up to {known}. "
            + "Start the version that wrote it, or a newer one.")
    {
        File = file;
        Found = found;
    }

    public string File { get; }

    public int Found { get; }
}
