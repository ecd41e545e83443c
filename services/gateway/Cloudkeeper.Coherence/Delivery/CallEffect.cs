namespace Cloudkeeper.Coherence.Delivery;

/// <summary>What a call has done to the state.</summary>
public enum CallEffect
{
    /// <summary>Certainly nothing.</summary>
    None,

    /// <summary>Certainly nothing, for what is in the batch: another part of it may go through.</summary>
    NoneOfThis,

    /// <summary>It may have been done, or may yet be done.</summary>
    Unknown,
}

/// <summary>Which member the next attempt asks.</summary>
public enum MemberAdvice
{
    Same,
    Another,
}
