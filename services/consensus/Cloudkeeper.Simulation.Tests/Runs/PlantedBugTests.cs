using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Tests.Runs;

/// <summary>A simulator that cannot fail proves nothing.</summary>
public sealed class PlantedBugTests
{
    private const ulong SeedsMax = 300;

    public static TheoryData<string> Bugs => [.. Enum.GetNames<Bug>().Where(name => name != nameof(Bug.None))];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_planted_bug_is_found(string name)
    {
        var bug = Enum.Parse<Bug>(name);
        for (var seed = 1UL; seed <= SeedsMax; seed++)
        {
            if (ShortRun.Of(seed, bug).Violation is not null)
            {
                return;
            }
        }

        Assert.Fail($"{SeedsMax} seeds have not found {bug}.");
    }
}
