using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Wire;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Commands;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica;

public sealed partial class ReplicaNode
{
    /// <summary>So many times as many parents as one transaction may create keep further ones waiting.</summary>
    private const int ParentsUnderWay = 3;

    /// <summary>The commands of larger batches would take twice the room of their entry until they are applied.</summary>
    private const int DecodedBytesKept = 64 << 10;

    /// <summary>Proposes a batch. <paramref name="reply"/> is called exactly once, on a later turn or at once.</summary>
    /// <param name="payload">
    /// The batch behind <see cref="EntryPayload.HeaderBytes"/> free bytes; it becomes the log entry and is not copied.
    /// </param>
    public void Submit(byte[] payload, Action<SubmitOutcome> reply)
    {
        ArgumentNullException.ThrowIfNull(payload);
        ArgumentNullException.ThrowIfNull(reply);
        if (CheckSubmission(payload, out var batch, out var work) is { } refusal)
        {
            reply(new SubmitOutcome(refusal, []));
            return;
        }

        var proposed = _raft.Propose(EntryPayload.Stamp(payload, Now));
        if (proposed.Status == ProposeStatus.Accepted)
        {
            _commands.Add(
                proposed.Index, proposed.Term, payload.Length <= DecodedBytesKept ? batch : null, work, reply);
            return;
        }

        reply(new SubmitOutcome(
            proposed.Status == ProposeStatus.Overloaded ? SubmitStatus.Overloaded : SubmitStatus.NotLeader,
            []));
    }

    private SubmitStatus? CheckSubmission(byte[] payload, out CommandBatch? batch, out EntryWork work)
    {
        (batch, work) = (null, default);
        if (_raft.Role != Role.Leader)
        {
            return SubmitStatus.NotLeader;
        }

        if (_commands.IsFull)
        {
            return SubmitStatus.Overloaded;
        }

        // Decoded here, before the others do at apply: bytes that do not decode must never reach the log, where every
        // replica would have to agree for ever on what they mean; nor must commands that some member's program cannot
        // decode. And no client may ask for what a leader decides of its own accord: it would end sessions that live,
        // or raise the level above what members know.
        try
        {
            batch = CommandCodec.Read(payload.AsSpan(EntryPayload.HeaderBytes));
            return CheckCommands(batch) ?? CheckRoom(batch) ?? CheckWork(batch, out work);
        }
        catch (WireFormatException)
        {
            return SubmitStatus.Malformed;
        }
    }

    /// <summary>
    /// A leader that has not applied all that is committed may not know yet that the level has risen: the batch
    /// comes again.
    /// </summary>
    private SubmitStatus? CheckCommands(CommandBatch batch)
    {
        for (var i = 0; i < batch.Requests.Count; i++)
        {
            var command = batch.Requests[i].Command;
            if (command is LeaderCommand)
            {
                return SubmitStatus.Reserved;
            }

            if (FeatureLevels.Needed(command) > Machine.FeatureLevel)
            {
                return IsServingLeader && _applied == CommitIndex ? SubmitStatus.Reserved : SubmitStatus.NotLeader;
            }
        }

        return null;
    }

    /// <summary>
    /// All commands of an entry together do no more than one transaction may; a command that is alone has the bounds of its
    /// transaction. Another entry waits while those under way delete more than half as many nodes, or create more than a few
    /// times as many parents: a replica may have to apply them all in one turn.
    /// </summary>
    private SubmitStatus? CheckWork(CommandBatch batch, out EntryWork work)
    {
        work = Machine.Estimate(batch);
        if (work == default)
        {
            return null;
        }

        var (deleted, created) = (_options.Tree.DeletedNodesMax, _options.Tree.CreatedParentsMax);
        if (batch.Requests.Count > 1 && !work.IsWithin(new EntryWork(deleted, created)))
        {
            return SubmitStatus.TooMuch;
        }

        // By the present queue, so that a large deletion is not kept out by small ones that never cease.
        return _commands.Work.IsWithin(new EntryWork(deleted / 2, ParentsUnderWay * created)) ? null : SubmitStatus.Overloaded;
    }

    private EntryStamp Now => new(
        _host.UnixMilliseconds, Machine.FeatureLevel < FeatureLevels.AwakeClock ? null : AwakeMilliseconds);

    /// <summary>Proposes a decision of this leader itself, void in any other term (rule R5).</summary>
    internal bool ProposeInternally(LeaderCommand command)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        output.GetSpan(EntryPayload.HeaderBytes);
        output.Advance(EntryPayload.HeaderBytes);
        CommandCodec.Write(output, new CommandBatch(default, 0, [new CommandRequest(0, null, 0, [], command)]));
        var entry = EntryPayload.Stamp(output.WrittenSpan.ToArray(), Now);
        return _raft.Propose(entry, _raft.Term).Status == ProposeStatus.Accepted;
    }
}
