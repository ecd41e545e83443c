namespace Cloudkeeper.Simulation;

/// <summary>The outcome of one disk operation.</summary>
public enum DiskFault
{
    None,

    /// <summary>The power goes off before the operation has any effect.</summary>
    CrashBefore,

    /// <summary>The power goes off while it runs: a sync has made any part of the waiting writes durable.</summary>
    CrashDuring,

    /// <summary>The power goes off when it is complete, before the caller learns of it.</summary>
    CrashAfter,

    /// <summary>EIO; a failed sync forgets the waiting writes, as Linux does (bug B-42).</summary>
    Error,

    /// <summary>ENOSPC, for operations that can want space; none for others. There was room for half of a write.</summary>
    Full,
}

/// <summary>An operation that changes the disk.</summary>
public enum DiskOperation
{
    Create,
    Write,
    Allocate,
    Truncate,
    Sync,
    Rename,
    Delete,
    SyncDirectory,
}

/// <summary>One operation, offered to the fault injection before it runs.</summary>
/// <param name="Number">Counts up from 1 in the life of a <see cref="SimulatedFileSystem"/>.</param>
public readonly record struct DiskOperationInfo(long Number, DiskOperation Operation, string File);
