using System.Buffers;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;

namespace Cloudkeeper.Gateway.Upstream;

/// <summary>
/// One FIFO stream of commands with one batch under way. The state machine executes each serial of a lane once, so a
/// batch can be sent again, to whichever leader, until there is an answer.
/// </summary>
internal sealed partial class WriteLane(
    NodeCalls calls, PreferredNode leader, GatewayOptions options, TimeProvider time, GatewayMetrics metrics,
    ILogger<WriteLane> logger)
    : NodeBatcher<CommandRequest, CommandResult>(calls, leader, options, underWayMax: 1, time, logger)
{
    /// <summary>A buffer that one large batch has grown is not kept.</summary>
    private const int BufferBytesKept = 1 << 20;

    private ArrayBufferWriter<byte> _buffer = new();
    private LaneId _lane = LaneId.None;
    private long _serial = 1;

    protected override bool IsMutation => true;

    public ValueTask<CommandResult> ExecuteAsync(CommandRequest request) =>
        EnqueueAsync(request, CommandSize.Of(request), CommandWeight.AnswerBytesOf(request.Command));

    protected override async ValueTask SendAsync(List<Pending<CommandRequest, CommandResult>> batch)
    {
        if (_lane == LaneId.None && !await OpenAsync(batch))
        {
            return;
        }

        var first = _serial;
        _serial += batch.Count;
        await SendAsync(batch, first, mayBeDone: false);
    }

    /// <param name="first">The serial of its first command.</param>
    /// <param name="mayBeDone">It has been sent before under these serials, and nobody knows what has become of it.</param>
    private async ValueTask SendAsync(List<Pending<CommandRequest, CommandResult>> batch, long first, bool mayBeDone)
    {
        var bytes = Encode(batch, first);
        metrics.CommandBatch(batch.Count);
        var delivery = await DeliverAsync(batch, NodeRoutes.Commands, bytes, mayBeDone);
        ReleaseBuffer(delivery is { Attempts: 1 });
        if (delivery is not { } answer)
        {
            return;
        }

        if (answer is { IsTaken: false, MayBeDone: true })
        {
            await SendPartsAsync(batch, first, answer.Objection);
            return;
        }

        if (!answer.IsTaken)
        {
            // No node has seen these serials in its log, nor will one: they are given again.
            _serial = first;
            if (answer.Objection == ErrorKinds.StorageFull)
            {
                RefuseGrowth(batch);
            }
            else
            {
                PutBack(batch);
            }

            return;
        }

        Length.Answered(batch.Count, batch.Count);
        var results = CommandResultCodec.ReadAll(answer.Body.Span);
        if (results.Length != batch.Count)
        {
            throw new InvalidOperationException($"{results.Length} results for {batch.Count} commands.");
        }

        if (Array.Exists(results, static result => result.Code == ResultCode.LaneExpired))
        {
            Reopen(batch, answer.Attempts, mayBeDone);
        }
        else
        {
            Complete(batch, results);
        }
    }

    /// <summary>
    /// A batch of which nobody knows what has become, and which no node takes any more: by what is there now it would do too
    /// much, or there is no room. Its commands go again under the serials that they have, fewer at a time and in their order:
    /// what has been executed is answered, and nothing is executed twice.
    /// </summary>
    private async ValueTask SendPartsAsync(
        List<Pending<CommandRequest, CommandResult>> batch, long first, ErrorKind? objection)
    {
        var lane = _lane;
        Length.Refused(batch.Count);
        for (int next = 0, count; next < batch.Count; next += count)
        {
            count = objection == ErrorKinds.StorageFull
                ? CountAlike(batch, next)
                : Math.Min((batch.Count + 1) / 2, batch.Count - next);
            var part = batch.GetRange(next, count);

            // Without room there is nothing to be done for growth, nor for relief that was alone already.
            var isHopeless = count == batch.Count
                || (objection == ErrorKinds.StorageFull && !Relief.Is(part[0].Request.Command));
            if (isHopeless || _lane != lane)
            {
                GiveUp(part);
            }
            else if (part.Exists(static pending => !pending.IsCompleted))
            {
                await SendAsync(part, first + next, mayBeDone: true);
            }
        }
    }

    /// <summary>How many commands in a row make the state smaller, or do not.</summary>
    private static int CountAlike(List<Pending<CommandRequest, CommandResult>> batch, int next)
    {
        var isRelief = Relief.Is(batch[next].Request.Command);
        var end = batch.FindIndex(next, pending => Relief.Is(pending.Request.Command) != isRelief);
        return (end < 0 ? batch.Count : end) - next;
    }

    private static void GiveUp(List<Pending<CommandRequest, CommandResult>> batch)
    {
        foreach (var pending in batch.Where(static pending => !pending.IsCompleted))
        {
            pending.Fail(new ProblemException(ErrorKinds.OutcomeUnknown));
        }
    }

    /// <summary>
    /// There is no room for the batch: what makes the state smaller goes again without the rest. When there was nothing else
    /// in it, there is no room for that either.
    /// </summary>
    private void RefuseGrowth(List<Pending<CommandRequest, CommandResult>> batch)
    {
        var growth = batch.FindAll(static pending => !Relief.Is(pending.Request.Command));
        foreach (var pending in (growth.Count > 0 ? growth : batch).Where(static pending => !pending.IsCompleted))
        {
            pending.Fail(new ProblemException(ErrorKinds.StorageFull));
        }

        Requeue(batch.Where(static pending => !pending.IsCompleted));
    }

    /// <summary>Opens the lane through the log, on behalf of the requests that wait for it.</summary>
    private async ValueTask<bool> OpenAsync(List<Pending<CommandRequest, CommandResult>> batch)
    {
        _buffer.ResetWrittenCount();
        var open = new CommandRequest(0, null, UInt128.Zero, [], new OpenLaneCommand());
        CommandCodec.Write(_buffer, new CommandBatch(LaneId.None, 0, [open]));
        var delivery = await DeliverAsync(batch, NodeRoutes.Commands, _buffer.WrittenMemory);
        ReleaseBuffer(delivery is { Attempts: 1 });
        if (delivery is not { } answer)
        {
            return false;
        }

        if (!answer.IsTaken)
        {
            PutBack(batch);
            return false;
        }

        var result = CommandResultCodec.ReadAll(answer.Body.Span) is [var only] ? only : null;
        if (result is not { Code: ResultCode.Ok, Body: LaneResult opened })
        {
            throw new ProblemException(result is null ? ErrorKinds.InternalError : ErrorKinds.Of(result.Code));
        }

        (_lane, _serial) = (opened.Lane, 1);
        LogOpened(logger, _lane);
        return true;
    }

    /// <summary>The lane is forgotten, after a long rest or under many others.</summary>
    /// <remarks>
    /// A batch that was sent once and refused for its lane was not executed, and can go through the next one. After
    /// several attempts an earlier one may have been executed, and nobody knows any more.
    /// </remarks>
    private void Reopen(List<Pending<CommandRequest, CommandResult>> batch, int attempts, bool mayBeDone)
    {
        LogExpired(logger, _lane, batch.Count, attempts);
        _lane = LaneId.None;
        if (attempts == 1 && !mayBeDone)
        {
            Requeue(batch);
        }
        else
        {
            GiveUp(batch);
        }
    }

    private ReadOnlyMemory<byte> Encode(List<Pending<CommandRequest, CommandResult>> batch, long first)
    {
        var requests = new CommandRequest[batch.Count];
        for (var i = 0; i < requests.Length; i++)
        {
            requests[i] = batch[i].Request with { Serial = first + i };
        }

        _buffer.ResetWrittenCount();

        // One batch under way: everything before it has been answered or given up.
        CommandCodec.Write(_buffer, new CommandBatch(_lane, first, requests));
        return _buffer.WrittenMemory;
    }

    /// <param name="isIdle">False: a cut-off call may still be reading it, so the next batch gets another one.</param>
    private void ReleaseBuffer(bool isIdle)
    {
        if (!isIdle || _buffer.Capacity > BufferBytesKept)
        {
            _buffer = new ArrayBufferWriter<byte>();
        }
    }

    [LoggerMessage(LogLevel.Information, "Opened lane {Lane}")]
    private static partial void LogOpened(ILogger logger, LaneId lane);

    [LoggerMessage(LogLevel.Warning, "Lane {Lane} has expired under {Count} commands after {Attempts} attempts")]
    private static partial void LogExpired(ILogger logger, LaneId lane, int count, int attempts);
}
