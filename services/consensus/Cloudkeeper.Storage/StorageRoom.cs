namespace Cloudkeeper.Storage;

/// <summary>How much room the disk of a node has left.</summary>
public enum StorageRoom
{
    /// <summary>For all writes.</summary>
    Plenty,

    /// <summary>For commands that make the state smaller. Those that let it grow are refused.</summary>
    Low,

    /// <summary>Not even for the write that is waiting.</summary>
    Full,
}
