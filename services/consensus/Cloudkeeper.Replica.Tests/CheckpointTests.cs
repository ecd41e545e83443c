using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Tests;

public sealed class CheckpointTests
{
    private const int Interval = 10;

    private readonly LonelyHost _host = new LonelyHost(new ReplicaOptions { CheckpointEntries = Interval }).Elect();

    private IEnumerable<CheckpointCommand> Stamps => _host.Commands.OfType<CheckpointCommand>();

    [Fact]
    public void The_leader_stamps_the_digest_that_it_had()
    {
        RaiseLevel();
        WriteUpTo(Interval);
        var digest = _host.Replica.Machine.Digest;
        WriteUpTo(Interval + 3);
        Tick();

        var stamp = Assert.Single(Stamps);
        Assert.Equal((Interval, digest), (stamp.Index, stamp.Digest));
        Assert.Equal(digest, _host.Replica.DigestAt(new LogIndex(Interval)));
        Assert.Empty(_host.Differences);
    }

    [Fact]
    public void An_idle_leader_stamps_nothing_twice()
    {
        RaiseLevel();
        WriteUpTo(Interval);
        for (var i = 0; i < 20; i++)
        {
            Tick();
        }

        Assert.Single(Stamps);
    }

    [Fact]
    public void Before_level_2_nothing_is_stamped()
    {
        WriteUpTo(3 * Interval);
        Tick();
        Assert.Empty(Stamps);
    }

    [Fact]
    public void A_replica_that_had_another_digest_reports_it()
    {
        WriteUpTo(Interval);
        var own = _host.Replica.Machine.Digest;
        _host.Decide(Stamp(Interval, own ^ 1));
        Assert.Equal((new LogIndex(Interval), own, own ^ 1), Assert.Single(_host.Differences));
    }

    [Fact]
    public void A_stamp_of_the_same_digest_of_another_term_or_of_a_forgotten_entry_is_ignored()
    {
        WriteUpTo(Interval);
        var own = _host.Replica.Machine.Digest;
        _host.Decide(Stamp(Interval, own));
        _host.Decide(Stamp(Interval, own ^ 1) with { DecidedIn = 0 });
        _host.Decide(Stamp(Interval - 1, own ^ 1));
        Assert.Empty(_host.Differences);
        Assert.Null(_host.Replica.DigestAt(new LogIndex(Interval - 1)));
    }

    private CheckpointCommand Stamp(long index, ulong digest) => new(_host.Replica.Term.Value, index, digest);

    private void RaiseLevel() => _host.Decide(new RaiseFeatureLevelCommand(_host.Replica.Term.Value, FeatureLevels.Checkpoints));

    private void WriteUpTo(long index)
    {
        while (_host.Replica.AppliedIndex.Value < index)
        {
            _host.Write(new OpenLaneCommand());
        }
    }

    private void Tick()
    {
        _host.Pass(50);
        _host.CompleteWrites();
    }
}
