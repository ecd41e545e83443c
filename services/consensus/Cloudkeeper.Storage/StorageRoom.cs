namespace Cloudkeeper.Storage;

/// <summary>How much room the disk of a node has left.</summary>
public enum StorageRoom
{
    /// <summary>For everything.</summary>
    Plenty,

    /// <summary>For what makes the state smaller. What lets it grow is refused.</summary>
    Low,

    /// <summary>Not even for the write that is waiting.</summary>
    Full,
}
