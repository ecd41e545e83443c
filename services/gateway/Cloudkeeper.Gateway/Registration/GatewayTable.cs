using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Registration;

/// <summary>The table of the state machine, to which no request of a client leads.</summary>
internal sealed class GatewayTable(INodes nodes) : IGatewayRegistry
{
    public async Task<bool> HasAsync(GatewayEntry gateway) =>
        (await ReadAllAsync(nodes, ReadConsistency.Linearizable)).Gateways.Contains(gateway);

    public async Task RegisterAsync(GatewayEntry gateway)
    {
        var request = new CommandRequest(0, null, UInt128.Zero, [], new RegisterGatewayCommand(gateway));
        var result = await nodes.ExecuteAsync(request, gateway.Session);
        if (result.Code != ResultCode.Ok)
        {
            throw new ProblemException(ErrorKinds.Of(result.Code), result.Code == ResultCode.Overloaded
                ? $"{Limits.GatewaysMax} gateways are registered: no more fit in."
                : null);
        }
    }

    /// <summary>It goes with its session.</summary>
    public Task RemoveAsync(GatewayEntry gateway) => Task.CompletedTask;

    /// <returns>All gateways, and the revision at which they were read.</returns>
    public static async Task<(IReadOnlyList<GatewayEntry> Gateways, Revision Revision)> ReadAllAsync(
        INodes nodes, ReadConsistency consistency)
    {
        var answer = await nodes.ReadAsync(new ReadGatewaysRequest(), consistency, Revision.Zero);
        return (((ReadGatewaysResult)answer.Result).Gateways, answer.Revision);
    }
}
