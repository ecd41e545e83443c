namespace Cloudkeeper.Simulation.Runs;

/// <param name="Violation">Null: all went well.</param>
/// <param name="TraceHash">Equal for two runs of the same seed.</param>
/// <param name="LastEvents">Before the violation.</param>
internal sealed record RunResult(
    SimulationOptions Options,
    string? Violation,
    ulong TraceHash,
    Totals Totals,
    IReadOnlyList<string> LastEvents);
