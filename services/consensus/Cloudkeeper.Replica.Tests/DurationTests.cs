using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Sessions;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Tests;

/// <summary>
/// Sessions and TTL nodes age by the time in which their leader was awake, with its clock set to any time.
/// </summary>
public sealed class DurationTests
{
    private const long Hour = 3_600_000;

    private readonly LonelyHost _host = new LonelyHost().Elect();

    [Fact]
    public void A_session_outlives_a_pause_and_ends_when_as_much_time_has_passed_besides()
    {
        var session = Open(ttl: 5_000);
        PassAwake(2_000);
        _host.Pass(Hour);
        Assert.NotNull(_host.Replica.Machine.CountEphemerals(session));
        Assert.InRange(_host.Replica.ExpiresIn(session), 1_500, 2_500);
        PassAwake(1_900);
        Assert.NotNull(_host.Replica.Machine.CountEphemerals(session));
        PassAwake(200);
        Assert.Null(_host.Replica.Machine.CountEphemerals(session));
    }

    /// <summary>The sibling of a freeze: the first call after a pause may be a keepalive and not a tick.</summary>
    [Fact]
    public void A_keepalive_that_waited_for_the_end_of_the_pause_is_counted()
    {
        var session = Open(ttl: 2_000);
        PassAwake(500);
        _host.Sleep(Hour);
        KeepaliveResult? result = null;
        _host.Replica.Keepalive([session], results => result = results?[0]);
        _host.Replica.Advance();
        Assert.Equal((KeepaliveStatus.Alive, 2_000), (result!.Status, result.ExpiresInMilliseconds));
    }

    [Theory]
    [InlineData(Hour)]
    [InlineData(-Hour)]
    public void A_ttl_node_lives_for_its_ttl_however_the_clock_is_set(long jump)
    {
        RaiseLevels();
        WriteTtl(5_000);
        _host.WallClockError = jump;
        PassAwake(4_900);
        Assert.Equal(2, _host.Replica.Machine.NodeCount);
        PassAwake(2_000);
        Assert.Equal(1, _host.Replica.Machine.NodeCount);
    }

    [Fact]
    public void A_ttl_node_outlives_a_pause()
    {
        RaiseLevels();
        WriteTtl(5_000);
        _host.Pass(Hour);
        _host.CompleteWrites();
        PassAwake(3_500);
        Assert.Equal(2, _host.Replica.Machine.NodeCount);
    }

    [Fact]
    public void A_leader_records_its_time_once_in_ten_seconds_while_a_ttl_node_waits()
    {
        RaiseLevels();
        PassAwake(60_000);
        Assert.Equal(0, Stamps());
        WriteTtl(Hour);
        PassAwake(60_000);
        Assert.InRange(Stamps(), 5, 6);
    }

    private int Stamps() => _host.Commands.Count(static command => command is RemoveIdleNodesCommand { Nodes.Count: 0 });

    private SessionId Open(long ttl)
    {
        _host.Write(new OpenSessionCommand(ttl, ""));
        return new SessionId(_host.Replica.Machine.Revision.Value);
    }

    private void WriteTtl(long ttl) => _host.Write(new MutationCommand(
        new WriteOperation("/t", default, "t", Kind: NodeKind.Ttl, KindGiven: true, TtlMilliseconds: ttl)));

    private void RaiseLevels()
    {
        while (_host.Replica.Machine.FeatureLevel < FeatureLevels.Newest)
        {
            _host.Decide(new RaiseFeatureLevelCommand(_host.Replica.Term.Value, _host.Replica.Machine.FeatureLevel + 1));
        }
    }

    private void PassAwake(long milliseconds)
    {
        for (var rest = milliseconds; rest > 0; rest -= 50)
        {
            _host.Pass(Math.Min(50, rest));
            _host.CompleteWrites();
        }
    }
}
