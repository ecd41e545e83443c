using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Tests.Runs;

/// <summary>
/// Seeds that have found something, as they were when they did. Seeds rot when the order of events changes: what they
/// have found has a test of its own beside the code as well.
/// </summary>
public sealed class RegressionTests
{
    [Theory]
    [InlineData(66, "a second snapshot arrives before a slow disk has stored the first: the commit index went back")]
    [InlineData(86, "calls of one batch end at different times: one that was reported as failed was executed")]
    [InlineData(3120205, "removed, and admitted again under another id by an announcement of before: it waited for ever")]
    [InlineData(3120022, "no room for a snapshot, and then a late chunk of the one before: the simulation's mistake")]
    [InlineData(50007, "a snapshot ahead of the stored commit index: the next segment of the log seemed damaged")]
    public void A_seed_that_has_found_something_stays_quiet(ulong seed, string found)
    {
        var result = SimulationRun.Execute(Swarm.Draw(seed));
        Assert.True(result.Violation is null, $"{found}, and now: {result.Violation}");
    }

    [Theory]
    [InlineData(11063, "an operation begun on a slow disk outlasted the fault: no liveness, by the simulation's mistake")]
    [InlineData(1583, "the quarantine file had rotted as well: the successor was drawn twice, and accepted under the first")]
    [InlineData(3595, "removed before it knew of its admission, it asked again: one directory with two ids, and rightly so")]
    [InlineData(2000547, "a snapshot that found no room waited for ever with some of its blocks: the simulation's mistake")]
    [InlineData(3040097, "a late answer held up all others of its link: a change of leader that no returning member had caused")]
    [InlineData(3010231, "the only voter confirmed a read and promoted a second one in the same turn: too strict a check")]
    [InlineData(3001351, "removed while it was away, it asked one at random whether it was, and those were all dead: no liveness")]
    [InlineData(4000190, "a read through one gateway, and then an older one through another: the leader's disk was slow")]
    [InlineData(5000328, "a member that was reported as dead had come back under another id, and led: the simulation's mistake")]
    [InlineData(3130309, "a linearizable read from a gateway's memory was older than what was known: the leader's disk was slow")]
    [InlineData(3102453, "gateways with many events were on their way, and were not waited for: the simulation's mistake")]
    [InlineData(9000229, "a gateway left a node that was cut off, and went back to it every time: the simulation's mistake")]
    [InlineData(6006982, "a process took the answer to the one before it for its own, and left: the simulation's mistake")]
    [InlineData(7100567, "a command without effect had the revision of a release, and was judged by it: the simulation's mistake")]
    [InlineData(7201068, "a batch without an answer was too much for the next leader: it was sent again whole, and its lane stood still")]
    [InlineData(444, "a child came and went in one transaction, and a gateway's memory went on counting without it")]
    public void A_short_seed_that_has_found_something_stays_quiet(ulong seed, string found)
    {
        var result = ShortRun.Of(seed);
        Assert.True(result.Violation is null, $"{found}, and now: {result.Violation}");
    }
}
