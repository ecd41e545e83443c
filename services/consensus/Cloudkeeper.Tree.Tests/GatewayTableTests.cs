using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Wire;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

public sealed class GatewayTableTests
{
    private const string Address = "http://10.0.0.4:7100";

    private readonly Machine _machine = AtLevel(FeatureLevels.GatewayTable);

    [Fact]
    public void A_gateway_stands_there_as_long_as_its_session_lives()
    {
        var (one, two) = (_machine.OpenSession(), _machine.OpenSession());
        Assert.Equal(ResultCode.Ok, Register("g2", two).Code);
        Assert.Equal(ResultCode.Ok, Register("g1", one).Code);
        Assert.Equal([new("g1", Address, one), new("g2", Address, two)], _machine.State.Gateways);
        Assert.Equal(_machine.State.Gateways, ((ReadGatewaysResult)_machine.State.Read(new ReadGatewaysRequest())).Gateways);

        _machine.Run(new CloseSessionCommand(two));
        Assert.Equal(["g1"], Names());
        _machine.Run(new ExpireSessionsCommand(_machine.Term, [new ExpiredSession(one, 0)]));
        Assert.Empty(_machine.State.Gateways);
    }

    [Fact]
    public void It_takes_no_revision_and_sends_no_event()
    {
        var session = _machine.OpenSession();
        var before = _machine.State.Revision;
        Assert.Equal(before, Register("g1", session).Revision);
        Assert.Equal(before, _machine.State.Revision);
        Assert.Equal(before.Next(), _machine.Put("/a").Revision);
    }

    [Fact]
    public void The_same_instance_takes_its_old_place_under_any_session()
    {
        var (former, present) = (_machine.OpenSession(), _machine.OpenSession());
        Register("g1", former);
        Register("g1", present, "http://10.0.0.5:7100");
        Assert.Equal([new("g1", "http://10.0.0.5:7100", present)], _machine.State.Gateways);

        // It is the later one's: the end of the former session does not concern it.
        _machine.Run(new CloseSessionCommand(former));
        Assert.Equal(["g1"], Names());
    }

    [Fact]
    public void A_session_has_one_registration()
    {
        var session = _machine.OpenSession();
        Register("g1", session);
        Register("g2", session);
        Assert.Equal(["g2"], Names());
        _machine.Run(new CloseSessionCommand(session));
        Assert.Empty(_machine.State.Gateways);
    }

    [Fact]
    public void Two_instances_may_have_one_address()
    {
        Register("g1", _machine.OpenSession());
        Register("g2", _machine.OpenSession());
        Assert.Equal(["g1", "g2"], Names());
    }

    [Fact]
    public void There_is_room_for_sixty_four_and_for_those_that_are_there_already()
    {
        var sessions = Enumerable.Range(0, Limits.GatewaysMax).Select(_ => _machine.OpenSession()).ToArray();
        for (var i = 0; i < sessions.Length; i++)
        {
            Assert.Equal(ResultCode.Ok, Register($"g{i}", sessions[i]).Code);
        }

        Assert.Equal(ResultCode.Overloaded, Register("late", _machine.OpenSession()).Code);
        Assert.Equal(ResultCode.Ok, Register("g7", _machine.OpenSession()).Code);
        Assert.Equal(ResultCode.Ok, Register("renamed", sessions[8]).Code);
        Assert.Equal(Limits.GatewaysMax, _machine.State.Gateways.Count);

        _machine.Run(new CloseSessionCommand(sessions[9]));
        Assert.Equal(ResultCode.Ok, Register("late", _machine.OpenSession()).Code);
    }

    [Fact]
    public void Only_a_session_that_lives_can_have_one()
    {
        var session = _machine.OpenSession();
        _machine.Run(new CloseSessionCommand(session));
        Assert.Equal(ResultCode.SessionExpired, Register("g1", session).Code);
        Assert.Equal(ResultCode.SessionNotFound, Register("g1", new SessionId(1_000)).Code);
        Assert.Empty(_machine.State.Gateways);
    }

    [Theory]
    [InlineData("", Address)]
    [InlineData(".", Address)]
    [InlineData("a/b", Address)]
    [InlineData("a\u0001", Address)]
    [InlineData("g1", "")]
    [InlineData("g1", "http://10.0.0.4:7100/")]
    [InlineData("g1", "http://0.0.0.0:7100")]
    [InlineData("g1", "redis://10.0.0.4:6379")]
    public void A_text_that_is_no_name_or_no_address_is_refused(string instance, string address)
    {
        Assert.Equal(ResultCode.InvalidOperation, Register(instance, _machine.OpenSession(), address).Code);
        Assert.Empty(_machine.State.Gateways);
    }

    [Fact]
    public void Below_its_level_there_is_no_table()
    {
        var old = AtLevel(FeatureLevels.GatewayTable - 1);
        var session = old.OpenSession();
        old.Refuses(ResultCode.InvalidOperation, new RegisterGatewayCommand(new GatewayEntry("g1", Address, session)));
        Assert.Empty(old.State.Gateways);
        old.RaiseLevel(FeatureLevels.GatewayTable);
        Assert.Equal(ResultCode.Ok, old.Run(new RegisterGatewayCommand(new GatewayEntry("g1", Address, session))).Code);
    }

    [Fact]
    public void The_digest_covers_it()
    {
        var (one, other) = (AtLevel(FeatureLevels.GatewayTable), AtLevel(FeatureLevels.GatewayTable));
        var session = one.OpenSession();
        Assert.Equal(session, other.OpenSession());
        one.Run(new RegisterGatewayCommand(new GatewayEntry("g1", Address, session)));
        other.Run(new RegisterGatewayCommand(new GatewayEntry("g1", "http://10.0.0.5:7100", session)));
        Assert.NotEqual(one.State.Digest, other.State.Digest);
        other.Run(new RegisterGatewayCommand(new GatewayEntry("g1", Address, session)));
        one.Run(new RegisterGatewayCommand(new GatewayEntry("g1", Address, session)));
        Assert.Equal(one.State.Digest, other.State.Digest);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_registrations_and_ends_of_sessions_agree_with_the_plain_rules(int seed)
    {
        var random = new Random(seed);
        var sessions = Enumerable.Range(0, 100).Select(_ => _machine.OpenSession()).ToList();
        var twin = new Dictionary<string, GatewayEntry>(StringComparer.Ordinal);
        var codes = new HashSet<ResultCode>();
        for (var i = 0; i < 2_000; i++)
        {
            var session = sessions[random.Next(sessions.Count)];
            if (random.Next(40) == 0)
            {
                if (_machine.Run(new CloseSessionCommand(session)).Code == ResultCode.Ok)
                {
                    sessions.Add(_machine.OpenSession());
                }

                twin = twin.Where(pair => pair.Value.Session != session).ToDictionary(StringComparer.Ordinal);
            }
            else
            {
                var gateway = new GatewayEntry($"g{random.Next(500)}", $"http://10.0.0.{random.Next(1, 4)}:7100", session);
                var code = Register(gateway.Instance, session, gateway.Address).Code;
                codes.Add(code);
                if (code == ResultCode.Ok)
                {
                    twin = twin.Where(pair => pair.Value.Session != session).ToDictionary(StringComparer.Ordinal);
                    twin[gateway.Instance] = gateway;
                }
            }

            Assert.InRange(_machine.State.Gateways.Count, 0, Limits.GatewaysMax);
            Assert.Equal(twin.Values.OrderBy(gateway => gateway.Instance, StringComparer.Ordinal), _machine.State.Gateways);
        }

        Assert.Equal([ResultCode.Ok, ResultCode.SessionExpired, ResultCode.Overloaded], codes.Order());
    }

    [Fact]
    public void A_snapshot_holds_those_of_the_moment_it_began_at()
    {
        var (one, two) = (_machine.OpenSession(), _machine.OpenSession());
        Register("g1", one);
        Register("g2", two);
        var twin = SnapshotTests.Load(SnapshotTests.Write(_machine.State), StateMachineOptions.Default);
        using var snapshot = _machine.State.BeginSnapshot();
        _machine.Run(new CloseSessionCommand(one));
        Register("g3", _machine.OpenSession());
        Register("g2", two, "http://10.0.0.5:7100");
        var loaded = SnapshotTests.Load(SnapshotTests.Rest(snapshot), StateMachineOptions.Default);
        Same.States(twin, loaded);
        Assert.Equal([new("g1", Address, one), new("g2", Address, two)], loaded.Gateways);
    }

    [Fact]
    public void A_snapshot_whose_gateways_cannot_be_is_refused()
    {
        var session = _machine.OpenSession();
        Register("g1", session);
        var block = SnapshotTests.Write(_machine.State).Single();
        var name = block.AsSpan().IndexOf("g1"u8);

        // The session that follows the address.
        var owner = block.AsSpan()[name..].IndexOf(Bytes(Address)) + name + Address.Length;
        block[owner]++;
        var loader = new StateMachineLoader(StateMachineOptions.Default);
        loader.Add(block);
        var error = Assert.Throws<WireFormatException>(() => loader.Complete());
        Assert.Contains("gateways", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_cluster_begins_without_gateways()
    {
        Register("g1", _machine.OpenSession());
        _machine.State.Refound(1);
        Assert.Empty(_machine.State.Gateways);
        var loaded = SnapshotTests.Load(SnapshotTests.Write(_machine.State), StateMachineOptions.Default);
        Assert.Equal(_machine.State.Digest, loaded.Digest);
    }

    [Fact]
    public void It_needs_its_level_to_stand_in_the_log()
    {
        Assert.Equal(FeatureLevels.GatewayTable, FeatureLevels.Needed(new RegisterGatewayCommand(new GatewayEntry("g", Address, default))));
        Assert.Equal(FeatureLevels.First, FeatureLevels.Needed(new OpenSessionCommand(10_000, "s")));
    }

    private static Machine AtLevel(int level)
    {
        var machine = new Machine();
        for (var next = FeatureLevels.First + 1; next <= level; next++)
        {
            machine.RaiseLevel(next);
        }

        return machine;
    }

    private CommandResult Register(string instance, SessionId session, string address = Address) =>
        _machine.Run(new RegisterGatewayCommand(new GatewayEntry(instance, address, session)));

    private IEnumerable<string> Names() => _machine.State.Gateways.Select(gateway => gateway.Instance);
}
