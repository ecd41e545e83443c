using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Invariants.Linearizability;

namespace Cloudkeeper.Simulation.Tests.Linearizability;

public sealed class LinearizabilityCheckerTests
{
    [Theory]
    [InlineData("r0[0,1]")]
    [InlineData("w1[0,1] r1[2,3]")]
    [InlineData("w1[0,9] r1[1,2]")]
    [InlineData("w1[0,9] r0[1,2]")]
    [InlineData("w1[0,9] r0[1,2] r1[3,4]")]
    [InlineData("w1[0,9] w2[0,9] r1[10,11]")]
    [InlineData("w1[0,9] w2[0,9] r2[10,11]")]
    [InlineData("w1[0,5] w2[5,9] r1[10,11]")]
    [InlineData("w1[0,-] r0[1,2] r1[3,4]")]
    [InlineData("w1[0,-] r0[1,2] r0[8,9]")]
    [InlineData("w1[0,1] w2[2,-] r1[3,4] r2[5,6]")]
    [InlineData("w1[0,1] c12[2,3] r2[4,5]")]
    [InlineData("c12[0,9] w1[1,2] r2[10,11]")]
    [InlineData("w1[0,9] c12[0,9] c23[0,9] r3[10,11]")]
    [InlineData("w1[0,20] w2[1,19] w3[2,18] r3[3,4] r1[5,6] r2[7,8]")]
    [InlineData("w1[0,1] r1[1,2] w1[3,4] r1[5,6]")]
    public void A_history_that_an_order_explains(string history) => Judge(history, Verdict.Linearizable);

    [Theory]
    [InlineData("r1[0,1]")]
    [InlineData("w1[0,1] r0[2,3]")]
    [InlineData("w1[0,1] r2[2,3]")]
    [InlineData("w1[0,9] r1[1,2] r0[3,4]")]
    [InlineData("w1[0,1] w2[2,3] r1[4,5]")]
    [InlineData("w1[0,4] w2[5,9] r1[10,11]")]
    [InlineData("w1[0,9] w2[0,9] r1[10,11] r2[12,13]")]
    [InlineData("r1[0,1] w1[2,3]")]
    [InlineData("w1[0,-] r1[1,2] r0[3,4]")]
    [InlineData("w1[0,1] c12[2,3] c12[4,5]")]
    [InlineData("w1[0,1] c12[0,9] c13[0,9]")]
    [InlineData("c12[0,1] w1[2,3]")]
    [InlineData("w1[0,20] w2[1,19] r1[2,3] r2[4,5] r1[6,7]")]
    [InlineData("w1[0,1] w2[2,3] r2[4,5] r1[6,7]")]
    [InlineData("w1[0,9] r1[1,2] r1[3,4] r0[5,6]")]
    [InlineData("w1[0,1] w2[0,9] w3[8,9] r2[10,11] r1[12,13]")]
    public void A_history_that_no_order_explains(string history) => Judge(history, Verdict.NotLinearizable);

    [Fact]
    public void It_agrees_with_the_search_through_all_orders()
    {
        var random = new SimulationRandom(1);
        var verdicts = new HashSet<bool>();
        for (var i = 0; i < 2_000; i++)
        {
            var calls = RegisterHistory.Valid(random, 7);
            var changed = random.Next(calls.Count);
            calls[changed] = calls[changed] with { A = random.Next(4) };
            var expected = RegisterHistory.HasOrder(calls);
            Assert.Equal(
                expected ? Verdict.Linearizable : Verdict.NotLinearizable, RegisterHistory.Judge(calls));
            verdicts.Add(expected);
        }

        Assert.Equal(2, verdicts.Count);
    }

    [Fact]
    public void Long_valid_histories_are_linearizable()
    {
        var random = new SimulationRandom(2);
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(Verdict.Linearizable, RegisterHistory.Judge(RegisterHistory.Valid(random, 200)));
        }
    }

    /// <summary>A value that was replaced before the read was asked for.</summary>
    [Fact]
    public void One_stale_read_is_always_found() => EachIsFound(3, (calls, random) =>
    {
        var at = random.Between(20, calls.Count - 1);
        var read = calls[at] with { Kind = 'r' };
        var last = calls.FindLast(c => c.Kind != 'r' && c.Returned < read.Invoked);
        var before = calls.FindLast(c => c.Kind != 'r' && c.Returned < last!.Invoked);
        calls[at] = read with { A = Value(before) };
    });

    /// <summary>Acknowledged, and afterwards nothing of it is to be seen.</summary>
    [Fact]
    public void One_lost_write_is_always_found() => EachIsFound(4, (calls, _) =>
    {
        var end = calls.Max(c => c.Returned);
        var value = Value(calls.FindLast(c => c.Kind != 'r'));
        calls.Add(new RegisterCall(calls.Count, 'w', value + 1, 0, end + 1, end + 2));
        calls.Add(new RegisterCall(calls.Count, 'r', value, 0, end + 3, end + 4));
    });

    /// <summary>A write that takes effect a second time, after another one had been read.</summary>
    [Fact]
    public void One_write_that_is_executed_twice_is_always_found() => EachIsFound(5, (calls, random) =>
    {
        var end = calls.Max(c => c.Returned);
        var value = Value(calls.FindLast(c => c.Kind != 'r'));
        calls.Add(new RegisterCall(calls.Count, 'w', value + 1, 0, end + 1, end + 2 + random.Next(3)));
        calls.Add(new RegisterCall(calls.Count, 'w', value + 2, 0, end + 5, end + 6));
        calls.Add(new RegisterCall(calls.Count, 'r', value + 2, 0, end + 7, end + 8));
        calls.Add(new RegisterCall(calls.Count, 'r', value + 1, 0, end + 9, end + 10));
    });

    [Fact]
    public void It_gives_up_rather_than_search_for_ever()
    {
        var calls = Enumerable.Range(1, 12).Select(i => new RegisterCall(i, 'w', i, 0, 0, 100)).ToList();
        calls.Add(new RegisterCall(13, 'r', 99, 0, 200, 201));
        Assert.Equal(
            Verdict.GivenUp,
            LinearizabilityChecker<int>.Check([.. calls.Select(c => c.ToStep())], 0, triesMax: 100));
    }

    private static void Judge(string history, Verdict expected)
    {
        var calls = RegisterHistory.Parse(history);
        Assert.Equal(expected, RegisterHistory.Judge(calls));
        Assert.Equal(expected == Verdict.Linearizable, RegisterHistory.HasOrder(calls));
    }

    private static void EachIsFound(ulong seed, Action<List<RegisterCall>, SimulationRandom> mutate)
    {
        var random = new SimulationRandom(seed);
        for (var i = 0; i < 200; i++)
        {
            var calls = RegisterHistory.Valid(random, 60);
            mutate(calls, random);
            Assert.Equal(Verdict.NotLinearizable, RegisterHistory.Judge(calls));
        }
    }

    private static int Value(RegisterCall? write) => write is null ? 0 : write.Kind == 'c' ? write.B : write.A;
}
