namespace Cloudkeeper.Simulation.Runs;

/// <summary>Mistakes that can be planted, to prove that the simulation would find them. Named by RELIABILITY's bugs.</summary>
internal enum Bug
{
    None = 0,

    /// <summary>Bug B-57: writes are reported durable before they are synced.</summary>
    AcknowledgeBeforeSync,

    /// <summary>Bug B-04: term and vote do not survive a restart.</summary>
    ForgetVote,

    /// <summary>Bug B-38: linearizable reads are served without a round.</summary>
    ReadWithoutRound,

    /// <summary>Bug B-68: a gateway's retries are taken for new commands.</summary>
    ForgetLane,

    /// <summary>Bug B-32: a restart loses the last entry of the log.</summary>
    LoseLogTail,

    /// <summary>Bug B-52: an older state is loaded than the snapshot says.</summary>
    LoadOldState,

    /// <summary>Bug B-61: keepalives are acknowledged without having been counted.</summary>
    ForgetKeepalives,

    /// <summary>Bug 2.8: one replica applies an entry with its own clock.</summary>
    ApplyWithOwnClock,

    /// <summary>Bug B-31: the answer to a proposal is forgotten.</summary>
    ForgetAnswers,
}
