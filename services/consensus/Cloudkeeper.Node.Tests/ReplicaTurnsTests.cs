using Cloudkeeper.Node.Hosting;

namespace Cloudkeeper.Node.Tests;

public sealed class ReplicaTurnsTests
{
    [Fact]
    public async Task Inputs_of_many_threads_run_one_at_a_time_and_each_exactly_once()
    {
        const int Threads = 8;
        const int Each = 20_000;
        var inside = 0;
        var overlaps = 0;
        var ran = new int[Threads];
        var turns = new ReplicaTurns(() => { }, e => throw e);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(t => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                var expected = i;
                turns.Post(() =>
                {
                    overlaps += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
                    Assert.Equal(expected, ran[t]);
                    ran[t]++;
                    Interlocked.Decrement(ref inside);
                });
            }
        })));

        // A thread may still be at work on the last ones: an input behind them runs after them.
        await turns.PostAsync(() => true);
        Assert.Equal(0, overlaps);
        Assert.All(ran, count => Assert.Equal(Each, count));
    }

    [Fact]
    public void Each_turn_ends_with_its_end_even_when_inputs_post_more()
    {
        var events = new List<string>();
        ReplicaTurns? turns = null;
        turns = new ReplicaTurns(() => events.Add("end"), e => throw e);

        turns.Post(() =>
        {
            events.Add("first");
            turns.Post(() => events.Add("second"));
        });

        Assert.Equal(["first", "second", "end"], events);
    }

    [Fact]
    public void An_exception_is_fatal_and_not_swallowed()
    {
        Exception? fatal = null;
        var turns = new ReplicaTurns(() => { }, e => fatal = e);
        turns.Post(() => throw new InvalidOperationException("bug"));
        Assert.Equal("bug", fatal?.Message);
    }

    [Fact]
    public async Task Nothing_runs_once_it_is_closed_and_the_last_turn_is_over_then()
    {
        using var entered = new ManualResetEventSlim();
        using var free = new ManualResetEventSlim();
        var stopping = TestContext.Current.CancellationToken;
        var ran = 0;
        var hasEnded = false;
        var turns = new ReplicaTurns(() => hasEnded = true, e => throw e);
        var busy = Task.Run(
            () => turns.Post(() =>
            {
                entered.Set();
                free.Wait(stopping);
            }),
            stopping);
        entered.Wait(stopping);

        var closing = Task.Run(turns.Close, stopping);
        Assert.False(closing.IsCompleted);
        free.Set();
        await closing;
        Assert.True(hasEnded);
        await busy;

        turns.Post(() => { ran++; });
        await Assert.ThrowsAsync<TaskCanceledException>(() => turns.PostAsync(() => ran++));
        Assert.Equal(0, ran);
    }

    [Fact]
    public async Task It_reports_when_too_much_is_waiting_and_when_that_is_over()
    {
        const int Max = 3;
        var turns = new ReplicaTurns(() => { }, e => throw e, Max);
        using var entered = new ManualResetEventSlim();
        using var free = new ManualResetEventSlim();
        var stopping = TestContext.Current.CancellationToken;
        var busy = Task.Run(
            () => turns.Post(() =>
            {
                entered.Set();
                free.Wait(stopping);
            }),
            stopping);
        entered.Wait(stopping);

        turns.Post(() => { });
        turns.Post(() => { });
        Assert.False(turns.IsFull);
        var last = turns.PostAsync(() => true);
        Assert.True(turns.IsFull);

        free.Set();
        await busy;
        await last;
        Assert.False(turns.IsFull);
    }
}
