using System.Runtime.InteropServices;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Invariants.ExactlyOnce;

/// <summary>
/// E1: however often a command comes into the log, it is executed at most once. E2: each repetition gets the result of
/// the first execution.
/// </summary>
internal sealed class OnceOnly(Totals totals) : ICommittedCheck
{
    private readonly Dictionary<(LaneId Lane, long Serial), Decision> _bySerial = [];
    private readonly Dictionary<string, Decision> _byKey = new(StringComparer.Ordinal);

    /// <summary>The decision on a command; null: it never came into the log.</summary>
    public Decision? Find(LaneId lane, long serial) =>
        _bySerial.TryGetValue((lane, serial), out var decision) ? decision : null;

    public void Check(CommittedEntry entry)
    {
        for (var i = 0; i < entry.Results.Count; i++)
        {
            var request = entry.Batch!.Requests[i];
            var result = entry.Results[i];
            if (result.Code is ResultCode.Superseded or ResultCode.LaneExpired or ResultCode.Overloaded)
            {
                totals.Count(Marker.OldBatchesSuperseded, result.Code == ResultCode.Superseded ? 1 : 0);
                continue;
            }

            var isRepeated = entry.Batch.Lane != LaneId.None && CheckSerial(entry, request, result);
            if (request.IdempotencyKey is not null && !isRepeated)
            {
                CheckKey(entry, request, result);
            }
        }
    }

    /// <returns>Whether the serial was known.</returns>
    private bool CheckSerial(CommittedEntry entry, CommandRequest request, CommandResult result)
    {
        ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _bySerial, (entry.Batch!.Lane, request.Serial), out var isKnown);
        if (!isKnown)
        {
            first = new Decision(result.Code, result.Revision, result.Replayed, entry.Time);
            return false;
        }

        totals.Count(Marker.RepeatedSerialsRecognised);
        if (first.Code != result.Code || first.Revision != result.Revision)
        {
            throw new ViolationException(
                "E1 exactly once",
                $"serial {request.Serial} of lane {entry.Batch.Lane} came to {first.Code} at {first.Revision} and "
                + $"again to {result.Code} at {result.Revision}");
        }

        return true;
    }

    private void CheckKey(CommittedEntry entry, CommandRequest request, CommandResult result)
    {
        ref var first = ref CollectionsMarshal.GetValueRefOrAddDefault(
            _byKey, request.IdempotencyKey!, out var isKnown);
        if (!isKnown)
        {
            first = new Decision(result.Code, result.Revision, result.Replayed, entry.Time);
            return;
        }

        totals.Count(Marker.RepeatedKeysReplayed);
        var isSame = first.Revision == result.Revision
            && (first.Code == result.Code || request.Command is AcquireLockCommand);
        if (!result.Replayed || !isSame)
        {
            throw new ViolationException(
                "E2 exactly once",
                $"key {request.IdempotencyKey} came to {first.Code} at {first.Revision} and again to {result.Code} at "
                + $"{result.Revision}, replayed: {result.Replayed}");
        }
    }
}

/// <param name="Time">When it was first committed, virtual microseconds.</param>
internal readonly record struct Decision(ResultCode Code, Revision Revision, bool Replayed, long Time);
