using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Coherence.Delivery;

/// <summary>
/// One FIFO stream of commands with one batch under way (a client session of the Raft thesis, 6.3). The state machine executes
/// each serial of a lane once, so that a batch can be sent again, to whichever leader, until there is an answer.
/// </summary>
/// <param name="opened">A lane is there.</param>
/// <param name="expired">A lane is forgotten, after a long rest or under many others.</param>
public sealed class CommandLane(Action<LaneId>? opened = null, Action<LaneId>? expired = null)
    : IBatchCodec<CommandRequest, CommandResult>
{
    /// <summary>A buffer that one large batch has grown is not kept.</summary>
    private const int BufferBytesKept = 1 << 20;

    private ArrayBufferWriter<byte> _buffer = new();
    private LaneId _lane = LaneId.None;
    private long _serial = 1;

    public bool IsMutation => true;

    public bool FailsAlone => false;

    public bool IsPreparing => _lane == LaneId.None;

    public bool IsRelief(CommandRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Relief.Is(request.Command);
    }

    public ReadOnlyMemory<byte> Encode(IReadOnlyList<Waiting<CommandRequest, CommandResult>> batch, long now)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _buffer.ResetWrittenCount();

        // One batch under way: everything before it has been answered or given up.
        CommandCodec.Write(_buffer, IsPreparing ? Opening() : Numbered(batch));
        return _buffer.WrittenMemory;
    }

    public BatchAnswer<CommandResult> Decode(
        IReadOnlyList<Waiting<CommandRequest, CommandResult>> batch, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var results = CommandResultCodec.ReadAll(body.Span);
        if (IsPreparing)
        {
            return Open(results);
        }

        if (results.Length != batch.Count)
        {
            throw new InvalidOperationException($"{results.Length} results for {batch.Count} commands.");
        }

        if (!Array.Exists(results, static result => result.Code == ResultCode.LaneExpired))
        {
            return new(BatchAnswerKind.Results, results);
        }

        expired?.Invoke(_lane);
        _lane = LaneId.None;
        return new(BatchAnswerKind.LaneExpired);
    }

    public void GiveBack(IReadOnlyList<Waiting<CommandRequest, CommandResult>> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Count > 0 && batch[0].Serial > 0)
        {
            _serial = batch[0].Serial;
        }

        for (var i = 0; i < batch.Count; i++)
        {
            batch[i].TakeBack();
        }
    }

    public void Release(bool isIdle)
    {
        if (!isIdle || _buffer.Capacity > BufferBytesKept)
        {
            _buffer = new ArrayBufferWriter<byte>();
        }
    }

    /// <summary>A lane is opened through the log, on behalf of the requests that wait for it.</summary>
    private static CommandBatch Opening() =>
        new(LaneId.None, 0, [new CommandRequest(0, null, UInt128.Zero, [], new OpenLaneCommand())]);

    private BatchAnswer<CommandResult> Open(CommandResult[] results)
    {
        if (results is not [var result])
        {
            throw new InvalidOperationException($"{results.Length} results for a lane that was to be opened.");
        }

        if (result is not { Code: ResultCode.Ok, Body: LaneResult lane })
        {
            return new(BatchAnswerKind.Unprepared, Code: result.Code);
        }

        (_lane, _serial) = (lane.Lane, 1);
        opened?.Invoke(_lane);
        return new(BatchAnswerKind.Prepared);
    }

    private CommandBatch Numbered(IReadOnlyList<Waiting<CommandRequest, CommandResult>> batch)
    {
        var requests = new CommandRequest[batch.Count];
        for (var i = 0; i < requests.Length; i++)
        {
            if (batch[i].Serial == 0)
            {
                batch[i].SendAs(_lane, _serial++);
            }

            requests[i] = batch[i].Request with { Serial = batch[i].Serial };
        }

        return new CommandBatch(_lane, requests[0].Serial, requests);
    }
}
