namespace Cloudkeeper.Simulation.Invariants;

/// <summary>What must never happen has happened.</summary>
internal sealed class ViolationException(string invariant, string what) : Exception($"{invariant}: {what}")
{
    /// <summary>Which rule, by its id in services/RULES.md and its name.</summary>
    public string Invariant { get; } = invariant;
}
