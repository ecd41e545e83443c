namespace Cloudkeeper.Simulation.Runs;

/// <summary>The kinds of faults. A run has some of them only: all at once would hide bugs behind each other.</summary>
[Flags]
internal enum FaultClass
{
    None = 0,
    Loss = 1 << 0,
    Duplication = 1 << 1,
    Delay = 1 << 2,
    Partition = 1 << 3,
    OneWayPartition = 1 << 4,
    Crash = 1 << 5,
    CrashAll = 1 << 6,
    CrashAtDisk = 1 << 7,
    Pause = 1 << 8,
    SlowDisk = 1 << 9,
    FullDisk = 1 << 10,
    Transfer = 1 << 11,
    GatewayCrash = 1 << 12,
    ClockJump = 1 << 13,

    /// <summary>A request from a gateway arrives twice, as through a proxy or a client library (bug B-70).</summary>
    RepeatedRequests = 1 << 14,

    /// <summary>EIO: the process ends.</summary>
    DiskError = 1 << 15,

    /// <summary>EROFS.</summary>
    ReadOnlyDisk = 1 << 16,

    /// <summary>ENOSPC at one call.</summary>
    NoSpaceOnce = 1 << 17,
    BitRot = 1 << 18,
    DiskLoss = 1 << 19,
    ClockRate = 1 << 20,
    Removal = 1 << 21,
    Joining = 1 << 22,

    /// <summary>Nodes announce themselves that do not belong there.</summary>
    Impostor = 1 << 23,

    /// <summary>More requests at once than a node takes.</summary>
    Flood = 1 << 24,

    /// <summary>A leader is alone with its clients and its administrator.</summary>
    LonelyLeader = 1 << 25,

    /// <summary>
    /// Redis forgets, remembers old entries, is slow or away, loses published messages, or holds nonsense.
    /// </summary>
    Redis = 1 << 26,

    /// <summary>An attacker without the cluster's key rules Redis, and goes on to the end of the run.</summary>
    HostileRedis = 1 << 27,

    /// <summary>
    /// A process with the cluster's key, and no vote, sends all that may do harm, to the end of the run.
    /// </summary>
    HostilePeer = 1 << 28,

    /// <summary>All nodes stand still at once, for longer than a session lives.</summary>
    Freeze = 1 << 29,

    All = (1 << 30) - 1,
}
