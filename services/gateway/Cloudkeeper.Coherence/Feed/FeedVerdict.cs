namespace Cloudkeeper.Coherence.Feed;

public enum FeedVerdict
{
    /// <summary>It changes nothing.</summary>
    Nothing,

    /// <summary>Everything begins anew with this start: what was known before does not count, watchers have lost changes.</summary>
    Restart,

    /// <summary>The next transaction.</summary>
    Apply,

    /// <summary>What follows our revision is gone from the history. A start comes next.</summary>
    Compacted,

    /// <summary>Changes before it did not come: they are in a node's history.</summary>
    Missing,

    /// <summary>The nodes are of another cluster, or of another life of this one: the next start counts.</summary>
    OtherCluster,

    /// <summary>Nothing that another gateway can have heard of a node: it is not believed, and a node is asked.</summary>
    Implausible,
}
