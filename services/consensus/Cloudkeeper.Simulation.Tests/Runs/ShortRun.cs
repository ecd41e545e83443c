using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Tests.Runs;

/// <summary>The swarm's runs, with less time.</summary>
internal static class ShortRun
{
    public const ulong Seeds = 500;

    public static RunResult Of(ulong seed, Bug bug = Bug.None) =>
        SimulationRun.Execute(Swarm.DrawShort(seed) with { Bug = bug });
}
