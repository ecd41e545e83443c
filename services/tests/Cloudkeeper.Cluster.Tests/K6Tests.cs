using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>The k6 scenarios, run by node with stand-ins for k6's modules: are the scripts and what they expect right?</summary>
public sealed class K6Tests : ClusterTest
{
    [Fact]
    public async Task Every_scenario_meets_its_checks()
    {
        const string Iterations = "3";
        var scenarios = Directory.GetFiles(Path.Combine(Repository.Root, "loadtests", "scenarios"), "*.js");
        var runner = Path.Combine(Repository.Root, "services/tests/Cloudkeeper.Cluster.Tests/K6/run.mjs");
        Assert.NotEmpty(scenarios);
        Assert.SkipUnless(Command.Exists("node"), "node is not installed.");
        foreach (var scenario in scenarios)
        {
            var target = Cluster.Proxy.Address.GetLeftPart(UriPartial.Authority);
            var run = await Command.RunAsync(
                "node",
                [runner, scenario, Iterations],
                new Dictionary<string, string>(StringComparer.Ordinal) { ["TARGET"] = target });
            Assert.True(run.ExitCode == 0, $"{Path.GetFileName(scenario)}: {run.Error}{run.Output}");
        }
    }
}
