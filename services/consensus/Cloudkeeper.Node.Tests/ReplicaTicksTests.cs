using Cloudkeeper.Node.Hosting;

namespace Cloudkeeper.Node.Tests;

public sealed class ReplicaTicksTests
{
    /// <summary>
    /// Ten ticks at once would be an election timeout without a message of the leader, which waits in the same queue.
    /// </summary>
    [Fact]
    public void Ticks_that_pile_up_behind_a_long_turn_count_once_and_the_next_one_counts_again()
    {
        var count = 0;
        var turns = new ReplicaTurns(static () => { }, static e => throw e);
        var ticks = new ReplicaTicks(turns, () => count++);
        turns.Post(() =>
        {
            for (var i = 0; i < 50; i++)
            {
                ticks.Post();
            }

            Assert.Equal(0, count);
        });
        Assert.Equal(1, count);
        ticks.Post();
        Assert.Equal(2, count);
    }
}
