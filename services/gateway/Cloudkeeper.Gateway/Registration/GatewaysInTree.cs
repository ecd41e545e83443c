using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Registration;

/// <summary>Below feature level 4: ephemeral nodes below <see cref="NodeRoutes.GatewaysPath"/>.</summary>
internal sealed class GatewaysInTree(INodes nodes) : IGatewayRegistry
{
    /// <summary>Far more than there are gateways; other entries are passed over.</summary>
    private const int CountMax = 1_000;

    public async Task<bool> HasAsync(GatewayEntry gateway) =>
        await ReadAsync(gateway) is { } node
        && node.Stat!.Value.EphemeralOwner == gateway.Session
        && GatewayValue.AddressIn(node.Value) == gateway.Address;

    public async Task RegisterAsync(GatewayEntry gateway)
    {
        var path = PathOf(gateway);
        var write = new WriteOperation(
            path, GatewayValue.Of(gateway.Address), "application/json", WriteMode.Create, NodeKind.Ephemeral,
            KindGiven: true, Session: gateway.Session, Parents: true);
        var result = await ExecuteAsync(gateway, new TransactionCommand(
            [new Condition(path, Exists: true)], [new DeleteOperation(path, Recursive: true), write], [write]));
        if (result.Code != ResultCode.Ok)
        {
            throw new ProblemException(ErrorKinds.Of(result.Code));
        }
    }

    /// <summary>The last one takes along the node in which they stood.</summary>
    public async Task RemoveAsync(GatewayEntry gateway)
    {
        if (await ReadAsync(gateway) is { Stat: { } stat } && stat.EphemeralOwner == gateway.Session)
        {
            await ExecuteAsync(
                gateway, new MutationCommand(new DeleteOperation(PathOf(gateway), IfRevision: stat.ModifiedRevision)));
        }

        await ExecuteAsync(gateway, new MutationCommand(new DeleteOperation(NodeRoutes.GatewaysPath)));
    }

    /// <returns>All gateways, and the revision at which they were read.</returns>
    public static async Task<(IReadOnlyList<GatewayEntry> Gateways, Revision Revision)> ReadAllAsync(INodes nodes)
    {
        var request = new ReadChildrenRequest(NodeRoutes.GatewaysPath, "", CountMax, WithValues: true);
        var answer = await nodes.ReadAsync(request, ReadConsistency.Local, Revision.Zero);
        var gateways = new List<GatewayEntry>();
        foreach (var child in ((ReadChildrenResult)answer.Result).Children)
        {
            if (child.Stat.EphemeralOwner is { } owner && GatewayValue.AddressIn(child.Value) is { } address)
            {
                gateways.Add(new GatewayEntry(child.Name, address, owner));
            }
        }

        return (gateways, answer.Revision);
    }

    private async Task<ReadNodeResult?> ReadAsync(GatewayEntry gateway)
    {
        var request = new ReadNodeRequest(PathOf(gateway), WithValue: true);
        var answer = (ReadNodeResult)(await nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero)).Result;
        return answer.Stat is null ? null : answer;
    }

    private ValueTask<CommandResult> ExecuteAsync(GatewayEntry gateway, Command command) =>
        nodes.ExecuteAsync(new CommandRequest(0, null, UInt128.Zero, [], command), gateway.Session);

    private static string PathOf(GatewayEntry gateway) => NodePath.Join(NodeRoutes.GatewaysPath, gateway.Instance);
}
