namespace Cloudkeeper.Raft.Replication;

internal enum ProgressState
{
    /// <summary>Where the logs agree is not known: one append at a time, until one is accepted.</summary>
    Probe,

    /// <summary>Appends are pipelined: the next is sent before the last is acknowledged.</summary>
    Replicate,

    /// <summary>A snapshot is on its way; nothing else is sent.</summary>
    Snapshot,
}
