namespace Cloudkeeper.Simulation.Invariants;

/// <summary>What must never happen has happened.</summary>
internal sealed class ViolationException(string invariant, string what) : Exception($"{invariant}: {what}")
{
    /// <summary>Which rule, by its number in RELIABILITY and its name.</summary>
    public string Invariant { get; } = invariant;
}
