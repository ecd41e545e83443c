using System.Text;
using Cloudkeeper.Node.Cluster;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Tests.Cluster;

/// <summary>Below feature level 4 gateways register where clients of an older gateway can write.</summary>
public sealed class GatewaysInTreeTests
{
    private readonly StateMachine _machine = new(StateMachineOptions.Default);
    private readonly SessionId _session;
    private long _index;

    public GatewaysInTreeTests() => _session = ((SessionInfo)Run(new OpenSessionCommand(10_000, "s")).Body!).Id;

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("{}")]
    [InlineData("""{"address":null}""")]
    [InlineData("""{"address":7}""")]
    [InlineData("""{"address":{}}""")]
    [InlineData("""{"address":""}""")]
    [InlineData("""{"address":"\ud800"}""")]
    [InlineData("""{"address":"http://127.0.0.1:7101/x"}""")]
    [InlineData("""{"address":"http://0.0.0.0:7101"}""")]
    [InlineData("""{"address":"http://u:p@g:7101"}""")]
    public void A_node_that_is_no_gateway_hides_none(string value)
    {
        Register("a", value);
        Register("g1", """{"address":"http://127.0.0.1:7101"}""");
        Register("z", value);
        Assert.Equal([new GatewayView("g1", "http://127.0.0.1:7101")], List());
    }

    [Fact]
    public void An_address_is_listed_in_its_one_spelling()
    {
        Register("g1", """{"address":"HTTP://Gateway1:80/"}""");
        Assert.Equal([new GatewayView("g1", "http://gateway1")], List());
    }

    [Fact]
    public void A_node_that_outlives_its_maker_is_no_gateway()
    {
        Run(new MutationCommand(new WriteOperation(
            NodeRoutes.GatewaysPath + "/left", """{"address":"http://evil:7101"}"""u8.ToArray(), "application/json", Parents: true)));
        Assert.Empty(List());
    }

    [Fact]
    public void Ten_thousand_large_entries_cost_little_and_hide_nothing()
    {
        var large = new string(' ', Limits.FeedValueBytesMax);
        for (var i = 0; i < 9_000; i++)
        {
            Register($"a{i}", large);
        }

        Register("g1", """{"address":"http://127.0.0.1:7101"}""");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal([new GatewayView("g1", "http://127.0.0.1:7101")], List());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    private void Register(string name, string value) => Run(new MutationCommand(new WriteOperation(
        NodeRoutes.GatewaysPath + "/" + name, Encoding.UTF8.GetBytes(value), "application/json", Parents: true,
        Kind: NodeKind.Ephemeral, KindGiven: true, Session: _session)));

    private GatewayView[] List() => GatewaysInTree.Read(GatewaysInTree.ValuesIn(_machine));

    private CommandResult Run(Command command)
    {
        var results = new List<CommandResult>();
        _machine.Apply(++_index, 1, 0, [new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], command)])], results);
        return results[0];
    }
}
