using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Tree.Locks;

namespace Cloudkeeper.Tree.ExactlyOnce;

/// <summary>
/// Sees to it that each command is executed at most once, however often and in whatever way its bytes come into the
/// log: by the serial in its lane (a gateway's retries), and by its idempotency key (its client's).
/// </summary>
internal sealed class BatchExecutor(TreeState state, CommandExecutor commands, LockCommands locks)
{
    public void Execute(CommandBatch batch, ICollection<CommandResult> results)
    {
        if (batch.Lane == LaneId.None)
        {
            foreach (var request in batch.Requests)
            {
                results.Add(ExecuteOnce(request));
            }

            return;
        }

        if (state.Lanes.Find(batch.Lane) is not { } lane)
        {
            foreach (var _ in batch.Requests)
            {
                results.Add(Refuse(ResultCode.LaneExpired));
            }

            return;
        }

        state.Lanes.Use(lane, state.AppliedIndex, state.Retention.Time, batch.FirstPending);
        foreach (var request in batch.Requests)
        {
            results.Add(ExecuteInLane(lane, request));
        }
    }

    private CommandResult ExecuteInLane(Lane lane, CommandRequest request)
    {
        if (request.Serial < lane.FirstPending)
        {
            return Refuse(ResultCode.Superseded);
        }

        if (lane.Find(request.Serial) is { } earlier)
        {
            return earlier;
        }

        if (!state.Lanes.HasRoom(lane))
        {
            return Refuse(ResultCode.Overloaded);
        }

        var result = ExecuteOnce(request);
        state.Lanes.AddResult(lane, new LaneResultEntry(request.Serial, result));
        return result;
    }

    private CommandResult ExecuteOnce(CommandRequest request)
    {
        if (request.IdempotencyKey is not { } key)
        {
            return commands.Execute(request);
        }

        if (key.Length is 0 or > Limits.IdempotencyKeyCharsMax)
        {
            return Refuse(ResultCode.InvalidCommand);
        }

        if (state.Idempotency.Find(key) is { } entry)
        {
            return entry.Fingerprint == request.Fingerprint
                ? Replay(request.Command, entry.Result)
                : Refuse(ResultCode.IdempotencyKeyReuse);
        }

        // Not kept: the client is to try again with the same key.
        if (state.Idempotency.IsFull)
        {
            return Refuse(ResultCode.Overloaded);
        }

        var result = commands.Execute(request);
        if (result.Code != ResultCode.Overloaded)
        {
            state.Idempotency.Add(new IdempotencyEntry(key, request.Fingerprint, state.Retention.Time, result));
        }

        return result;
    }

    /// <summary>
    /// A repeated acquisition returns its ticket's present state; every other command its first result.
    /// </summary>
    private CommandResult Replay(Command command, CommandResult result)
    {
        if (command is AcquireLockCommand && result.Body is TicketInfo ticket)
        {
            var present = locks.Describe(ticket.Ticket);
            result = result with { Code = present.Code, Body = present.Body };
        }

        return result with { Replayed = true };
    }

    private CommandResult Refuse(ResultCode code) => new(code, state.Revision, Replayed: false, Body: null);
}
