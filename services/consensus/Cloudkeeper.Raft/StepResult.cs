namespace Cloudkeeper.Raft;

/// <summary>The fate of a message of another member.</summary>
public enum StepResult
{
    /// <summary>Taken; or it means nothing (any more), as messages may that were long on their way.</summary>
    Taken,

    /// <summary>
    /// Its sender has no vote as far as this member knows: nothing was done. It may have one by a log that is newer
    /// than the own: <see cref="RaftNode.Vouch"/>.
    /// </summary>
    Unproven,

    /// <summary>No honest member can have sent it: nothing was done.</summary>
    Violation,
}
