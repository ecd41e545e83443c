namespace Cloudkeeper.Coherence.Delivery;

/// <summary>What one call to a member came to, whatever carried it.</summary>
public enum CallResult
{
    /// <summary>Decided: the body of the answer says how.</summary>
    Answered,

    /// <summary>Another member leads; the answer may name it.</summary>
    Misdirected,

    /// <summary>The member knows another cluster key.</summary>
    KeyRefused,

    /// <summary>Too much waits at the member.</summary>
    Overloaded,

    /// <summary>The member cannot reach a majority.</summary>
    NoQuorum,

    /// <summary>There is room only for what makes the state smaller.</summary>
    NoRoom,

    /// <summary>The batch has more bytes, or would do more, than one may.</summary>
    TooMuch,

    /// <summary>The member does not understand the batch.</summary>
    Malformed,

    /// <summary>Refused for another reason.</summary>
    Refused,

    /// <summary>The member has proposed it, and does not know what became of it.</summary>
    Undecided,

    /// <summary>The member failed, perhaps after it had proposed it.</summary>
    Failed,

    /// <summary>No connection: the member has not seen it.</summary>
    Unreachable,

    /// <summary>The connection broke, or no answer came in time: the member may have seen it.</summary>
    Lost,
}
