namespace Cloudkeeper.Coherence.Feed;

public enum FeedVerdict
{
    /// <summary>It changes nothing.</summary>
    Nothing,

    /// <summary>
    /// The state begins anew with this start: earlier changes do not count, watchers have lost changes.
    /// </summary>
    Restart,

    /// <summary>The next transaction.</summary>
    Apply,

    /// <summary>The changes behind our revision are gone from the history. A start comes next.</summary>
    Compacted,

    /// <summary>Changes before it did not come: they are in a node's history.</summary>
    Missing,

    /// <summary>The nodes are of another cluster, or of another life of this one: the next start counts.</summary>
    OtherCluster,

    /// <summary>
    /// Nothing that another gateway can have received from a node: it is not believed, and a node is asked.
    /// </summary>
    Implausible,
}
