using Cloudkeeper.Hosting.Memory;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Tests.Memory;

[Collection(Alone.Name)]
public sealed class MemoryBudgetTests
{
    private const long MiB = 1 << 20;

    [Fact]
    public void Bytes_are_counted_until_they_are_given_back()
    {
        var budget = new MemoryBudget(100 * MiB);

        Assert.True(budget.TryTake(MemoryUse.Bodies, 10 * MiB, out var lease));
        Assert.True(lease.TryGrowTo(15 * MiB));
        Assert.True(lease.TryGrowTo(5 * MiB));
        Assert.Equal((15 * MiB, 15 * MiB), (budget.Used, budget.UsedBy(MemoryUse.Bodies)));

        lease.ShrinkTo(1 * MiB);
        Assert.Equal((1 * MiB, 1 * MiB), (budget.Used, lease.Bytes));
        lease.Dispose();
        lease.Dispose();
        Assert.Equal((0, 0, 0), (budget.Used, budget.UsedBy(MemoryUse.Bodies), budget.RefusedTo(MemoryUse.Bodies)));
    }

    [Fact]
    public void One_use_cannot_take_the_share_of_the_others()
    {
        var budget = new MemoryBudget(100 * MiB);
        Assert.True(budget.TryTake(MemoryUse.Answers, 60 * MiB, out var answers));

        Assert.False(budget.TryTake(MemoryUse.Answers, 1, out _));
        Assert.False(answers.TryGrowTo(60 * MiB + 1));
        Assert.Equal(2, budget.RefusedTo(MemoryUse.Answers));
        Assert.True(budget.TryTake(MemoryUse.Bodies, 40 * MiB, out var bodies));
        Assert.False(budget.TryTake(MemoryUse.InitialStates, 1, out _));

        bodies.Dispose();
        answers.Dispose();
        Assert.Equal(0, budget.Used);
        Assert.True(budget.TryTake(MemoryUse.InitialStates, 60 * MiB, out _));
    }

    [Fact]
    public void Initial_states_have_a_quarter_of_a_gibibyte_at_most_by_default()
    {
        Assert.Equal(60 * MiB, new MemoryBudget(100 * MiB).BytesMaxOf(MemoryUse.InitialStates));
        Assert.Equal(600 * MiB, new MemoryBudget(1_000 * MiB).BytesMaxOf(MemoryUse.InitialStates));
        foreach (var (heapMiB, most) in new[] { (400, 60), (40_000, 256) })
        {
            var budget = new MemoryBudget(0, new FakeHeap(heapMiB * MiB).Pressure);
            Assert.Equal(most * MiB, budget.BytesMaxOf(MemoryUse.InitialStates));
            Assert.True(budget.TryReserve(MemoryUse.InitialStates, most * MiB));
            Assert.True(budget.IsUnderPressure(MemoryUse.InitialStates));
            Assert.False(budget.TryReserve(MemoryUse.InitialStates, 1));
        }
    }

    [Fact]
    public async Task Many_at_once_never_have_more_than_there_is_and_leave_nothing_behind()
    {
        var budget = new MemoryBudget(100 * MiB);
        long held = 0;

        await Parallel.ForAsync(0, 8, TestContext.Current.CancellationToken, (seed, _) =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                if (budget.TryTake((MemoryUse)random.Next(4), random.NextInt64(30 * MiB), out var lease))
                {
                    lease.TryGrowTo(random.NextInt64(40 * MiB));
                    var bytes = lease.Bytes;
                    Assert.InRange(Interlocked.Add(ref held, bytes), 0, 100 * MiB);
                    Interlocked.Add(ref held, -bytes);
                    lease.Dispose();
                }
            }

            return ValueTask.CompletedTask;
        });

        Assert.Equal(0, budget.Used);
        Assert.All(Enum.GetValues<MemoryUse>(), use => Assert.Equal(0, budget.UsedBy(use)));
    }

    [Fact]
    public void Without_a_setting_it_is_a_quarter_of_the_heap()
    {
        Assert.Equal(256 * MiB, new MemoryBudget(0, new FakeHeap(1024 * MiB).Pressure).BytesMax);
        Assert.Equal(MemoryBudget.BytesMaxLeast, new MemoryBudget(0, new FakeHeap(10 * MiB).Pressure).BytesMax);
        Assert.Equal(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, new MemoryBudget().BytesMax);
    }

    [Fact]
    public void Nothing_large_begins_while_the_heap_is_full()
    {
        var heap = new FakeHeap(1000 * MiB) { Used = 950 * MiB };
        var budget = new MemoryBudget(100 * MiB, heap.Pressure);

        // Much of it may be garbage: a collection is asked for, and only what is left behind it counts.
        Assert.False(budget.IsHeapFull);
        Assert.Equal(1, heap.Collections);
        heap.Milliseconds += 100;
        Assert.True(budget.IsHeapFull);
        Assert.False(budget.TryTake(MemoryUse.Bodies, 1 * MiB, out _));
        Assert.Equal(1, heap.Collections);

        // Without traffic nothing else would start a collection, and the heap would be full for ever.
        heap.Milliseconds += 1_000;
        Assert.True(budget.IsHeapFull);
        Assert.Equal(2, heap.Collections);
        heap.Used = 899 * MiB;
        heap.Milliseconds += 100;
        Assert.False(budget.IsHeapFull);
        Assert.True(budget.TryTake(MemoryUse.Bodies, 1 * MiB, out _));
    }

    [Fact]
    public void Garbage_alone_does_not_fill_the_heap()
    {
        var heap = new FakeHeap(1000 * MiB) { Used = 950 * MiB, Garbage = 500 * MiB };
        var budget = new MemoryBudget(100 * MiB, heap.Pressure);

        for (var i = 0; i < 20; i++, heap.Milliseconds += 100)
        {
            Assert.False(budget.IsHeapFull);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData((32L << 20) - 1)]
    [InlineData((1L << 40) + 1)]
    public async Task A_budget_that_serves_nothing_stops_the_start(long bytes)
    {
        var error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => TestHost.StartAsync(args: $"--Hosting:InFlightBytesMax={bytes}"));
        Assert.Contains("InFlightBytesMax", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_has_one_and_measures_it()
    {
        await using var host = await TestHost.StartAsync(args: $"--Hosting:InFlightBytesMax={64 * MiB}");
        var budget = host.App.Services.GetRequiredService<MemoryBudget>();
        Assert.True(budget.TryTake(MemoryUse.InitialStates, 7 * MiB, out _));
        Assert.False(budget.TryTake(MemoryUse.Bodies, 60 * MiB, out _));
        using var client = new HttpClient();

        var lines = (await client.GetStringAsync(
            new Uri(host.Address, "/metrics"), TestContext.Current.CancellationToken)).Split('\n');

        Assert.Contains("cloudkeeper_memory_in_flight_limit_bytes 67108864", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_memory_in_flight_bytes{use=\"initial-states\"} 7340032", lines, StringComparer.Ordinal);
        Assert.Contains("cloudkeeper_memory_refused_total{use=\"bodies\"} 1", lines, StringComparer.Ordinal);
    }

    /// <summary>A heap whose collections take no time.</summary>
    private sealed class FakeHeap(long bytesMax)
    {
        public long Used { get; set; }

        /// <summary>Comes back behind each collection.</summary>
        public long Garbage { get; init; }

        public long Milliseconds { get; set; } = 1_000_000;

        public int Collections { get; private set; }

        public HeapPressure Pressure => field ??= new HeapPressure(
            bytesMax, () => Used, () => Collections, Collect, () => Milliseconds);

        private void Collect()
        {
            Collections++;
            Used -= Garbage;
        }
    }
}
