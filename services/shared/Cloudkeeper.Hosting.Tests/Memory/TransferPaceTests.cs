using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Hosting.Tests.Memory;

public sealed class TransferPaceTests : IDisposable
{
    private const long MiB = 1 << 20;
    private static readonly PaceRule Rule = new(1_000, 50_000, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(2));

    private readonly SteppedTime _time = new();
    private readonly MemoryBudget _budget = new(100 * MiB);
    private readonly TransferPace _pace;
    private readonly List<string> _ended = [];

    public TransferPaceTests() => _pace = new TransferPace(_budget, _time);

    public void Dispose() => _pace.Dispose();

    [Fact]
    public void A_transfer_at_the_pace_goes_on_and_a_slower_one_is_ended_alone()
    {
        var steady = Begin("steady");
        var slow = Begin("slow");
        steady.BeginWait();
        slow.BeginWait();

        // Both have the time of grace.
        Pass(seconds: 5);
        Assert.Empty(_ended);
        steady.EndWait(6_100);
        steady.BeginWait();
        slow.EndWait(4_000);
        slow.BeginWait();
        Pass(seconds: 1);
        Assert.Equal(["slow"], _ended);
        Assert.Equal((true, false), (slow.IsEnded, steady.IsEnded));
        Pass(seconds: 1);
        Assert.Equal(["slow", "steady"], _ended);
        Assert.Equal(0, _pace.Count);
    }

    [Fact]
    public void Only_the_time_counts_in_which_the_other_side_is_waited_for()
    {
        var transfer = Begin("patient");
        transfer.BeginWait();
        Pass(seconds: 4);
        transfer.EndWait(4_500);
        Pass(seconds: 60);
        transfer.BeginWait();
        Pass(seconds: 1);
        Assert.Empty(_ended);
        transfer.EndWait(0);
        transfer.BeginWait();
        Pass(seconds: 1);
        Assert.Equal(["patient"], _ended);
    }

    [Fact]
    public void While_memory_is_short_the_slow_give_way()
    {
        var fast = Begin("fast");
        var slow = Begin("slow");
        fast.BeginWait();
        slow.BeginWait();
        Pass(seconds: 4);
        fast.EndWait(1 * MiB);
        slow.EndWait(100_000);
        fast.BeginWait();
        slow.BeginWait();
        Pass(seconds: 1);
        Assert.Empty(_ended);

        Assert.True(_budget.TryTake(MemoryUse.Answers, 40 * MiB, out _));
        Pass(seconds: 2);
        Assert.Empty(_ended);
        Assert.True(_budget.TryTake(MemoryUse.Bodies, 31 * MiB, out var taken));
        Pass(seconds: 1);
        Assert.Equal(["slow"], _ended);
        taken.Dispose();
        Pass(seconds: 60);
        Assert.Equal(["slow"], _ended);
    }

    [Fact]
    public void A_transfer_that_has_ended_by_itself_is_not_checked_any_more()
    {
        var transfer = Begin("done");
        transfer.BeginWait();
        transfer.Dispose();
        Pass(seconds: 100);
        Assert.Empty(_ended);
        Assert.Equal(0, _time.TimersDue);
    }

    [Fact]
    public void A_fast_start_earns_no_endless_pause()
    {
        var transfer = Begin("quick");
        transfer.EndWait(1_000 * MiB);
        transfer.BeginWait();
        Pass(seconds: 120);
        Assert.Empty(_ended);
        transfer.EndWait(1);
        transfer.BeginWait();
        Pass(seconds: 120);
        Assert.Empty(_ended);
        Pass(seconds: 1);
        Assert.Equal(["quick"], _ended);
        Assert.Equal((1, 0), (_pace.EndedOf(MemoryUse.Bodies), _pace.EndedOf(MemoryUse.Answers)));
    }

    [Fact]
    public void Only_transfers_that_wait_are_checked()
    {
        var transfers = Enumerable.Range(0, 9).Select(i => Begin($"{i}")).ToList();
        transfers.ForEach(static transfer => transfer.BeginWait());
        foreach (var i in (int[])[8, 0, 4, 5])
        {
            transfers[i].EndWait(0);
        }

        Assert.Equal(5, _pace.Count);
        transfers[4].BeginWait();
        transfers[7].EndWait(100_000);
        Pass(seconds: 6);
        Assert.Equal(["1", "2", "3", "4", "6"], _ended.Order());
        Assert.Equal((0, 0), (_pace.Count, _time.TimersDue));

        // What was ended stays so.
        transfers[1].EndWait(0);
        transfers[1].BeginWait();
        Assert.Equal(0, _pace.Count);
    }

    private Transfer Begin(string name) => _pace.Begin(MemoryUse.Bodies, Rule, name => _ended.Add((string)name), name);

    private void Pass(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            _time.Step(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>A clock that only the test moves, with one timer.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private Action _fire = static () => { };
        private long? _due;
        private long _now = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public int TimersDue => _due is null ? 0 : 1;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new StepTimer(this);
        }

        public void Step(TimeSpan by)
        {
            _now += by.Ticks;
            if (_due is { } due && due <= _now)
            {
                _due = null;
                _fire();
            }
        }

        private sealed class StepTimer(SteppedTime time) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                time._due = dueTime == Timeout.InfiniteTimeSpan ? null : time._now + dueTime.Ticks;
                return true;
            }

            public void Dispose() => time._due = null;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
