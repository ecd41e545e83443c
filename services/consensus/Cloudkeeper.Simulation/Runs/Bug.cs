namespace Cloudkeeper.Simulation.Runs;

/// <summary>
/// Mistakes that can be planted around the code under test, to prove that the simulation would find them. The ids
/// stand in services/RULES.md.
/// </summary>
internal enum Bug
{
    None = 0,

    /// <summary>B-57: writes are reported durable before they are synced.</summary>
    AcknowledgeBeforeSync,

    /// <summary>B-04: the vote does not survive a restart.</summary>
    ForgetVote,

    /// <summary>B-38: linearizable reads are served without a round.</summary>
    ReadWithoutRound,

    /// <summary>B-32: a restart loses the last entry of the log.</summary>
    LoseLogTail,

    /// <summary>B-52: an older state is loaded than the snapshot's metadata name.</summary>
    LoadOldState,

    /// <summary>B-61: keepalives are acknowledged without having been counted.</summary>
    ForgetKeepalives,

    /// <summary>B-40: a leader's clock runs at twice the speed.</summary>
    FastClock,

    /// <summary>SR-C2.4: any sender is believed that a member was removed.</summary>
    BelieveRemoval,

    /// <summary>Section 2.8: followers stamp entries with their own clocks.</summary>
    ApplyWithOwnClock,
}
