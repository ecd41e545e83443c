using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Invariants.Sessions;

/// <summary>S7: a registered gateway has a living session, a name of its own, and no more than the bound have registered.</summary>
internal sealed class GatewaysLiveWithTheirSessions(SessionBook sessions, Totals totals, Func<StateMachine> reference)
    : ICommittedCheck
{
    public void Check(CommittedEntry entry)
    {
        if (entry.Batch is not { } batch)
        {
            return;
        }

        var machine = reference();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var gateway in machine.Gateways)
        {
            if (sessions.Find(gateway.Session)?.IsAliveAt(machine.Revision) != true)
            {
                throw new ViolationException("S7 gateways", $"{gateway} at revision {machine.Revision}: its session is not alive");
            }

            if (!names.Add(gateway.Instance) || names.Count > Limits.GatewaysMax)
            {
                throw new ViolationException("S7 gateways", $"{gateway} is there twice, or one too many");
            }
        }

        for (var i = 0; i < entry.Results.Count; i++)
        {
            var isRegistered = batch.Requests[i].Command is RegisterGatewayCommand && entry.Results[i].Code == ResultCode.Ok;
            totals.Count(Marker.GatewaysRegistered, isRegistered ? 1 : 0);
        }
    }
}
