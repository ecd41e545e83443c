namespace Cloudkeeper.Replica.Members;

/// <summary>The rules that a change can break, by the names that leave the service.</summary>
public static class ChangeCodes
{
    /// <summary>The node belongs to another cluster: two clusters never mix.</summary>
    public const string WrongCluster = "wrong-cluster";

    /// <summary>The node was taken out: its id is never used again.</summary>
    public const string Removed = "removed";

    /// <summary>The node's program does not know the level that the cluster uses already.</summary>
    public const string TooOld = "too-old";

    /// <summary>A member has this address, and its data is not the node's.</summary>
    public const string DiskLost = "disk-lost";

    /// <summary>The member runs at its address in the log, and the node has a copy of its data.</summary>
    public const string CopiedData = "copied-data";

    /// <summary>The data lacks entries that the member has acknowledged.</summary>
    public const string OutdatedData = "outdated-data";

    /// <summary>Another member has this address.</summary>
    public const string AddressTaken = "address-taken";

    /// <summary>The announcement itself is malformed.</summary>
    public const string InvalidAnnouncement = "invalid-announcement";

    /// <summary>The cluster could lose its majority by it.</summary>
    public const string UnsafeChange = "unsafe-change";

    public const string MemberNotFound = "member-not-found";
}
