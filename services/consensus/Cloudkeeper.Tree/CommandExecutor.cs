using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Locks;
using Cloudkeeper.Tree.Nodes;
using Cloudkeeper.Tree.Sessions;
using Cloudkeeper.Tree.Transactions;

namespace Cloudkeeper.Tree;

/// <summary>Executes one command as one transaction.</summary>
internal sealed class CommandExecutor(
    TreeState state,
    TransactionCommands transactions,
    SessionCommands sessions,
    LockCommands locks,
    IdleNodeCommands idleNodes)
{
    public CommandResult Execute(CommandRequest request)
    {
        var outcome = CheckFences(request.Fences) ?? Execute(request.Command);
        return new CommandResult(outcome.Code, state.Revision, Replayed: false, outcome.Body);
    }

    /// <summary>Rule L4: a ticket guards a command only if it is held at the moment of commit.</summary>
    private Outcome? CheckFences(IReadOnlyList<Ticket> fences)
    {
        for (var i = 0; i < fences.Count; i++)
        {
            if (!locks.IsHeld(fences[i]))
            {
                return Outcome.Refused(ResultCode.FenceLost);
            }
        }

        return null;
    }

    private Outcome Execute(Command command) => command switch
    {
        OpenLaneCommand => OpenLane(),
        RegisterGatewayCommand register => Register(register),
        RaiseFeatureLevelCommand raise => RaiseFeatureLevel(raise),

        // To be compared by the replica that applies the entry: a difference is no business of a state that differs.
        CheckpointCommand => Outcome.Ok(),
        _ => ExecuteInTransaction(command),
    };

    private Outcome OpenLane() => state.Lanes.Open(state.AppliedIndex, state.Retention.Time) is { } lane
        ? Outcome.Ok(new LaneResult(lane.Id))
        : Outcome.Refused(ResultCode.Overloaded);

    /// <summary>Leaders propose none before: see <see cref="FeatureLevels.Needed"/>.</summary>
    private Outcome Register(RegisterGatewayCommand command) => state.FeatureLevel < FeatureLevels.GatewayTable
        ? Outcome.Refused(ResultCode.InvalidOperation)
        : state.Gateways.Register(command.Gateway);

    private Outcome RaiseFeatureLevel(RaiseFeatureLevelCommand command)
    {
        if (command.DecidedIn == state.AppliedTerm && command.Level == state.FeatureLevel + 1)
        {
            state.FeatureLevel = command.Level;
            if (command.Level == FeatureLevels.AwakeClock)
            {
                state.StartTtls();
            }
            if (command.Level == FeatureLevels.DeletionFloor)
            {
                state.Tombstones.BeginFloor();
            }
        }

        return Outcome.Ok();
    }

    private Outcome ExecuteInTransaction(Command command)
    {
        var transaction = state.Begin();
        return state.End(transaction, Execute(transaction, command));
    }

    private Outcome Execute(Transaction transaction, Command command) => command switch
    {
        MutationCommand mutation => transactions.Run(transaction, mutation.Operation),
        TransactionCommand several => transactions.Run(transaction, several),
        OpenSessionCommand open => sessions.Open(transaction, open),
        CloseSessionCommand close => sessions.Close(transaction, close),
        AcquireLockCommand acquire => locks.Acquire(transaction, acquire),
        ReleaseTicketCommand release => locks.Release(transaction, release),
        ExpireSessionsCommand expire => sessions.Expire(transaction, expire),
        RemoveIdleNodesCommand remove => idleNodes.Remove(transaction, remove),
        _ => throw Invariant.Unreachable(command),
    };
}
