using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Cluster;

/// <summary>
/// The gateways below feature level 4: ephemeral nodes of the tree, where others can write as well. Other entries are
/// passed over, and any number of them costs little.
/// </summary>
internal static class GatewaysInTree
{
    /// <summary>Far more than there are gateways.</summary>
    private const int CountMax = 1_000;

    /// <summary>On the replica's turn: large values, and nodes that outlive their maker, are not even fetched.</summary>
    public static (string Name, ReadOnlyMemory<byte> Value)[] ValuesIn(StateMachine machine)
    {
        var request = new ReadChildrenRequest(NodeRoutes.GatewaysPath, "", Limits.PageSizeMax, WithValues: false);
        var children = ((ReadChildrenResult)machine.Read(request)).Children;
        return
        [
            .. children
                .Where(child => child.Stat is { Kind: NodeKind.Ephemeral, DataLength: <= GatewayValue.BytesMax })
                .Take(CountMax)
                .Select(child => (child.Name, ValueOf(machine, child.Name))),
        ];
    }

    /// <summary>Off the turn.</summary>
    public static GatewayView[] Read(IEnumerable<(string Name, ReadOnlyMemory<byte> Value)> values) =>
    [
        .. values.Select(value => (value.Name, Address: GatewayValue.AddressIn(value.Value)))
            .Where(gateway => gateway.Address is not null)
            .Select(gateway => new GatewayView(gateway.Name, gateway.Address!)),
    ];

    private static ReadOnlyMemory<byte> ValueOf(StateMachine machine, string name) =>
        ((ReadNodeResult)machine.Read(new ReadNodeRequest(NodePath.Join(NodeRoutes.GatewaysPath, name), WithValue: true))).Value;
}
