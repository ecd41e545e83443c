namespace Cloudkeeper.Hosting.Memory;

/// <summary>The purpose of bytes in flight. Each has a share of its own, so that none can starve the others.</summary>
public enum MemoryUse
{
    /// <summary>Bodies of requests, from their first bytes to the end of their requests.</summary>
    Bodies,

    /// <summary>Answers that are not sent yet, and the results that they are made of.</summary>
    Answers,

    /// <summary>Snapshots and backups on their way out of or into a process.</summary>
    Snapshots,

    /// <summary>The initial states of watches.</summary>
    InitialStates,

    /// <summary>Changes that wait for watchers, each counted once however many it waits for.</summary>
    WaitingChanges,
}
