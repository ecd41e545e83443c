using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Network;

namespace Cloudkeeper.Simulation.Gateways;

/// <summary>One FIFO stream of commands with one batch under way, whose retries the state machine recognises.</summary>
internal sealed class WriteLane(Gateway gateway) : LeaderChannel(gateway, Route.Commands)
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private LaneId _lane = LaneId.None;
    private long _serial = 1;

    protected override byte[] Encode(IReadOnlyList<Call> batch)
    {
        _bytes.ResetWrittenCount();
        CommandCodec.Write(_bytes, _lane == LaneId.None ? OpeningBatch() : BatchOf(batch));
        return _bytes.WrittenSpan.ToArray();
    }

    protected override byte[] EncodeAgain(IReadOnlyList<Call> batch)
    {
        var requests = new CommandRequest[batch.Count];
        for (var i = 0; i < requests.Length; i++)
        {
            var operation = (HistoryOperation)batch[i].Request;
            requests[i] = operation.Request! with { Serial = operation.SentAs!.Value.Serial };
        }

        _bytes.ResetWrittenCount();
        CommandCodec.Write(_bytes, new CommandBatch(_lane, requests[0].Serial, requests));
        return _bytes.WrittenSpan.ToArray();
    }

    protected override bool TryComplete(IReadOnlyList<Call> batch, byte[] answer)
    {
        var results = CommandResultCodec.ReadAll(answer);
        if (_lane == LaneId.None)
        {
            if (results[0] is { Code: ResultCode.Ok, Body: LaneResult opened })
            {
                (_lane, _serial) = (opened.Lane, 1);
            }

            // Nothing of the batch itself has been sent yet.
            MayBeExecuted = false;
            return false;
        }

        for (var i = 0; i < batch.Count; i++)
        {
            if (results[i].Code is ResultCode.LaneExpired)
            {
                batch[i].End(CallOutcome.Unknown);
                _lane = LaneId.None;
            }
            else
            {
                batch[i].End(CallOutcome.Answered, results[i]);
            }
        }

        if (_lane == LaneId.None)
        {
            GiveUpParts();
        }

        return true;
    }

    protected override bool IsRelief(Call call) =>
        _lane != LaneId.None && Relief.Is(((HistoryOperation)call.Request).Request!.Command);

    private static CommandBatch OpeningBatch() =>
        new(LaneId.None, 0, [new CommandRequest(0, null, UInt128.Zero, [], new OpenLaneCommand())]);

    private CommandBatch BatchOf(IReadOnlyList<Call> batch)
    {
        var first = _serial;
        var requests = new CommandRequest[batch.Count];
        for (var i = 0; i < requests.Length; i++)
        {
            var operation = (HistoryOperation)batch[i].Request;
            operation.Sent(_lane, _serial);
            requests[i] = operation.Request! with { Serial = _serial++ };
        }

        // One batch under way: everything before it has been answered or given up.
        return new CommandBatch(_lane, first, requests);
    }
}
