using Cloudkeeper.Protocol;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Reads;

/// <param name="Machine">To be read during the callback only.</param>
public readonly record struct ReadOutcome(ReadStatus Status, StateMachine? Machine)
{
    public Revision Revision => Machine?.Revision ?? Revision.Zero;
}

public enum ReadStatus
{
    /// <summary>The state machine may be asked now, during the callback.</summary>
    Ready,
    NotLeader,
    Overloaded,
    RevisionNotReached,
}
