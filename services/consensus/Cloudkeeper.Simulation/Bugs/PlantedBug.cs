using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>A mistake that others have made, put back into a copy of our sources to see whether a simulation finds it.</summary>
/// <param name="Id">
/// Its id in services/RULES.md, and behind a point which way of making the mistake it is when there are several.
/// </param>
internal sealed record PlantedBug(string Id, string Title)
{
    /// <summary>Planted by these…</summary>
    public IReadOnlyList<Edit> Edits { get; init; } = [];

    /// <summary>… or by this switch of the simulated surroundings.</summary>
    public Bug Switch { get; init; }

    /// <summary>The number alone.</summary>
    public string Number => Id.Split('.')[0];
}

/// <summary>A mistake that cannot be made here, or that only another test can see.</summary>
/// <param name="Reason">Why it is not planted.</param>
/// <param name="CoveredBy">The test that looks for it; null: there is nothing that it could do wrong.</param>
internal sealed record OtherBug(string Id, string Title, string Reason, string? CoveredBy);
