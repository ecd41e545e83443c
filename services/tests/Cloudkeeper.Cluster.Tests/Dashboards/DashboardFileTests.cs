using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Dashboards;

/// <summary>The checks of dashboards and rules that need no cluster.</summary>
public sealed class DashboardFileTests
{
    [Fact]
    public void Every_panel_and_the_readme_name_the_question_that_it_answers()
    {
        var readme = File.ReadAllText(Path.Combine(Dashboard.Folder, "README.md"));
        Assert.NotEmpty(Dashboard.Panels());
        Assert.All(Dashboard.Panels(), panel =>
        {
            Assert.Contains('?', panel.Description ?? "");
            Assert.Contains($"| {panel.Title} | {panel.Description} |", readme, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Titles_are_unique_and_every_panel_asks_for_something()
    {
        var panels = Dashboard.Panels();
        Assert.Equal(panels.Count, panels.Select(panel => (panel.Dashboard, panel.Title)).Distinct().Count());
        Assert.All(panels, panel => Assert.NotEmpty(panel.Expressions));
    }

    [Theory]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("check", "config", "compose.yml")]
    [InlineData("check", "rules", "rules.yml")]
    [InlineData("test", "rules", "rules.test.yml")]
    public async Task Promtool_finds_nothing_wrong(params string[] arguments)
    {
        var promtool = await Command.RunAsync("promtool", arguments, folder: PrometheusServer.Folder);
        Assert.True(promtool.ExitCode == 0, promtool.Output + promtool.Error);
    }
}
