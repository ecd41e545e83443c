using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Replica.Reads;

namespace Cloudkeeper.Node.Reads;

/// <summary>
/// Batches of reads that may be answered. The amount of all reads in one turn, of all clients together, is bounded, so
/// that other inputs of the replica hardly notice (rule R11); the rest goes on in the turns after it, in the order in
/// which it came, and no batch has more than a turn at a time. Used on the replica's turn only.
/// </summary>
/// <param name="memory">Counts results that are not sent yet.</param>
/// <param name="read">Answers one question by the present state.</param>
internal sealed class ReadQueue(TimeProvider time, MemoryBudget memory, Func<ReadRequest, ReadResult> read)
{
    /// <summary>Bytes of answers in one turn, about; a single read that is larger has a turn of its own.</summary>
    public const int TurnBytesMax = 1 << 20;

    /// <summary>Batches that wait; beyond, one is refused. Each gateway has a few under way.</summary>
    public const int WaitingMax = 1_024;

    /// <summary>
    /// After so many single nodes of a batch the clock is read, else only before lists and batches: a small read is not
    /// to be sent round again because this thread has had to wait for a processor.
    /// </summary>
    private const int ReadsBetweenLooks = 256;

    /// <summary>After this no batch and no list begins in a turn, however small they are.</summary>
    private static readonly TimeSpan TurnTimeMax = TimeSpan.FromMilliseconds(2);

    private readonly Queue<WaitingReads> _waiting = [];

    public int Count => _waiting.Count;

    public void Add(WaitingReads batch)
    {
        if (_waiting.Count == WaitingMax)
        {
            batch.Refuse(ReadStatus.Overloaded);
        }
        else
        {
            _waiting.Enqueue(batch);
        }
    }

    /// <summary>The reads of one turn: all results of a batch are of this revision.</summary>
    /// <returns>The bytes that were read, about.</returns>
    public long Serve(Revision revision)
    {
        var turn = new Turn(time);
        while (!turn.IsOver && _waiting.TryPeek(out var batch))
        {
            if (batch.IsAbandoned)
            {
                _waiting.Dequeue();
                batch.Refuse(ReadStatus.Overloaded);
            }
            else if (Read(batch, revision, turn) is { } outcome)
            {
                _waiting.Dequeue();
                batch.Complete(outcome);
            }
            else
            {
                break;
            }
        }

        return turn.Bytes;
    }

    /// <summary>
    /// As much of a batch as this turn has room for: an answer ends early, and its gateway asks again for the rest.
    /// </summary>
    /// <returns>Null: this turn has no room for any of it.</returns>
    private ReadsOutcome? Read(WaitingReads batch, Revision revision, Turn turn)
    {
        var results = new List<ReadResult>();
        var bytes = 0L;
        try
        {
            var last = 0L;
            foreach (var request in batch.Requests)
            {
                // The requests of one batch are often alike: better than to read the next one for nothing.
                var isLook = request.IsList || results.Count % ReadsBetweenLooks == 0;
                if (!turn.HasRoomFor(last) || (isLook && turn.IsOver))
                {
                    break;
                }

                turn.Begin();
                var result = read(request);
                last = ReadResultSize.Of(result);
                if (!turn.HasRoomFor(last))
                {
                    break;
                }

                turn.Count(last);
                bytes += last;
                results.Add(result);
            }
        }
#pragma warning disable CA1031 // Any failure is this read's: it has changed nothing, and does not end the process.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // The results before it are answered. It is asked again, and is the first one then.
            if (results.Count == 0)
            {
                return new ReadsOutcome(ReadStatus.Ready) { Failure = e };
            }
        }

        return results.Count == 0 ? null : Outcome(revision, results, bytes);
    }

    /// <summary>From here to its last byte an answer is counted in the process's budget.</summary>
    private ReadsOutcome Outcome(Revision revision, List<ReadResult> results, long bytes)
    {
        MemoryLease? lease = null;
        var mayBeSent = bytes <= MemoryBudget.SmallBytes || memory.TryTake(MemoryUse.Answers, bytes, out lease);
        return mayBeSent
            ? new ReadsOutcome(ReadStatus.Ready, revision, results, lease)
            : new ReadsOutcome(ReadStatus.Overloaded);
    }

    private sealed class Turn(TimeProvider time)
    {
        private readonly long _began = time.GetTimestamp();
        private bool _hasBegun;

        public long Bytes { get; private set; }

        /// <summary>At least one read has been tried: by any clock, something goes on in each turn.</summary>
        public bool IsOver => _hasBegun && (Bytes >= TurnBytesMax || time.GetElapsedTime(_began) >= TurnTimeMax);

        public void Begin() => _hasBegun = true;

        public bool HasRoomFor(long bytes) => Bytes == 0 || Bytes + bytes <= TurnBytesMax;

        public void Count(long bytes) => Bytes += bytes;
    }
}
