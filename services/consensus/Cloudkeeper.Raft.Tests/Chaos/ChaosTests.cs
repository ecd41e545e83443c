using System.Globalization;

namespace Cloudkeeper.Raft.Tests.Chaos;

public sealed class ChaosTests(ITestOutputHelper log)
{
    /// <summary>CHAOS_SEEDS and CHAOS_FROM run more or others: a failure names its seed.</summary>
    private static readonly int Seeds = Setting("CHAOS_SEEDS", 300);
    private static readonly int From = Setting("CHAOS_FROM", 1);

    [Fact]
    public void No_schedule_of_faults_breaks_an_invariant()
    {
        var (committed, terms, reads, restores, changes) = (0L, 0, 0, 0, 0);
        for (var seed = From; seed < From + Seeds; seed++)
        {
            var cluster = new ChaosCluster(seed);
            try
            {
                cluster.Run(steps: 3000);
                cluster.Heal();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }

            committed += cluster.Checks.AppliedMax.Value;
            terms += cluster.Checks.Terms;
            reads += cluster.Checks.ReadsConfirmed;
            restores += cluster.Checks.Restores;
            changes += cluster.Checks.Changes;
        }

        log.WriteLine(
            $"{Seeds} seeds: {committed} entries, {terms} leaders, {reads} reads, {restores} restores, {changes} changes of members");

        // A run in which nothing happens proves nothing.
        Assert.True(committed > Seeds * 20L && terms > Seeds && reads > Seeds && restores > Seeds / 10 && changes > Seeds / 2);
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
