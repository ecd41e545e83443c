using Cloudkeeper.Simulation.Bugs;

namespace Cloudkeeper.Simulation.Tests.Bugs;

/// <summary>The whole way: sources copied, a bug planted, built, hunted in a process of its own, found.</summary>
public sealed class PlantingTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(20);

    /// <summary>In one copy: that the first bug is gone when the second is planted is part of it.</summary>
    [Fact]
    public void Bugs_are_planted_one_after_the_other_and_each_is_found()
    {
        using var copy = new SourceCopy(SourceCopy.FindRepository());
        var hunt = new BugHunt(copy, static _ => { });

        foreach (var id in new[] { "B-17", "B-68" })
        {
            var result = hunt.Run(BugCatalogue.Planted.Single(bug => bug.Id == id), Budget);
            Assert.True(result.IsFound, $"{id} was not found in {result.CpuSeconds} s");
        }
    }

    [Fact]
    public void Without_a_bug_a_hunt_ends_when_its_time_is_over()
    {
        var output = new StringWriter();
        Assert.Equal(0, SeedHunt.Run(["1", "None"], output));
        var result = HuntReport.Read(output.ToString().TrimEnd().Split(Environment.NewLine)[^1]);
        Assert.NotNull(result);
        Assert.False(result.IsFound);
    }

    [Theory]
    [InlineData("I9 acknowledged is durable: node 1 acknowledges entry 7", "I9 acknowledged is durable")]
    [InlineData(
        "assertion: Cloudkeeper.Raft.InvariantViolationException: Role != Role.Leader\n   at X.Y()\n   at Z()",
        "assertion: Cloudkeeper.Raft.InvariantViolationException: Role != Role.Leader")]
    public void The_report_names_the_invariant(string violation, string name)
    {
        var line = HuntReport.Found(new HuntedRun(3, IsShort: true), TimeSpan.FromSeconds(1.5), violation);
        var result = HuntReport.Read(line);
        Assert.Equal(name, result?.Invariant);
        Assert.Equal(new HuntedRun(3, IsShort: true), result?.Run);
        Assert.Equal(1.5, result?.CpuSeconds);
    }

    [Theory]
    [InlineData("--only", "B-04", 2)]
    [InlineData("--only", "B-04.2, B-17", 2)]
    public void A_number_means_all_ways_of_making_that_mistake(string option, string value, int count)
    {
        Assert.True(BugsCommandLine.TryParse([option, value], out var command, out _));
        Assert.Equal(count, command.Bugs.Count);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("30m", 1_800)]
    [InlineData("3h", 10_800)]
    public void A_budget_is_a_number_and_a_unit(string value, int seconds)
    {
        Assert.True(BugsCommandLine.TryParse(["--budget", value], out var command, out _));
        Assert.Equal(seconds, command.Budget.TotalSeconds);
    }

    [Theory]
    [InlineData("--budget", "30")]
    [InlineData("--budget", "m")]
    [InlineData("--budget", "0m")]
    [InlineData("--only", "B-99")]
    [InlineData("--jobs", "0")]
    [InlineData("--seeds", "7")]
    public void A_senseless_option_is_named(string option, string value)
    {
        Assert.False(BugsCommandLine.TryParse([option, value], out _, out var problem));
        Assert.Contains(value, problem, StringComparison.Ordinal);
    }
}
