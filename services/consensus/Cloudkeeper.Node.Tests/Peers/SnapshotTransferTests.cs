using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Tests.Peers;

public sealed class SnapshotTransferTests
{
    private readonly HandClock _time = new();

    [Fact]
    public void The_time_left_of_a_transfer_is_estimated_by_its_pace_so_far()
    {
        var transfer = new SnapshotTransfer(1_000, _time);
        Assert.Null(transfer.TimeLeft);

        _time.Advance(TimeSpan.FromSeconds(2));
        transfer.Sent(250);

        Assert.Equal(TimeSpan.FromSeconds(6), transfer.TimeLeft);
    }

    [Fact]
    public void The_time_left_of_a_log_is_estimated_by_how_fast_the_lag_shrinks()
    {
        var pace = new CatchUpPace(_time);
        var member = new NodeId(4);
        Assert.Null(pace.TimeLeft(member, 1_000));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(3), pace.TimeLeft(member, 750));

        // Looked at again at once it is as it was; with a lag that grows it is unknown.
        Assert.Equal(TimeSpan.FromSeconds(3), pace.TimeLeft(member, 740));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(pace.TimeLeft(member, 900));

        pace.Forget(member);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(pace.TimeLeft(member, 10));
    }

    private sealed class HandClock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan time) => _now += time.Ticks;
    }
}
