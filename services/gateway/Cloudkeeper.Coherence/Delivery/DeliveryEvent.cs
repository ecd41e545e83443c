namespace Cloudkeeper.Coherence.Delivery;

/// <summary>What a delivery has done with a batch that no member takes as it is, for counters.</summary>
public enum DeliveryEvent
{
    /// <summary>It goes again with fewer requests.</summary>
    Halved,

    /// <summary>It may have been executed, and goes again in parts under the same numbers.</summary>
    UnknownDivided,

    /// <summary>Growth was refused, and what makes the state smaller goes again.</summary>
    GrowthRefused,
}
