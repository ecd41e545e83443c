using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Commands;

/// <summary>The callers that wait for entries, in the order of the log.</summary>
internal sealed class PendingCommands(int countMax)
{
    private readonly Queue<Pending> _queue = new();

    public int Count => _queue.Count;

    public bool IsFull => _queue.Count >= countMax;

    /// <summary>The work of all of them.</summary>
    public EntryWork Work { get; private set; }

    /// <param name="batch">See <see cref="BatchOf"/>.</param>
    public void Add(LogIndex index, Term term, CommandBatch? batch, EntryWork work, Action<SubmitOutcome> reply)
    {
        _queue.Enqueue(new Pending(index, term, batch, work, reply));
        Work += work;
    }

    /// <summary>The commands of the entry that is applied next, if they are still there as they were decoded at first.</summary>
    public CommandBatch? BatchOf(LogIndex index, Term term) =>
        _queue.TryPeek(out var head) && head.Index == index && head.Term == term ? head.Batch : null;

    /// <summary>An entry was applied. One of another term at a waiter's index has taken its place: it is lost.</summary>
    public void Applied(LogIndex index, Term term, IReadOnlyList<CommandResult> results)
    {
        while (_queue.TryPeek(out var head) && head.Index <= index)
        {
            _queue.Dequeue();
            Work -= head.Work;
            head.Reply(head.Index == index && head.Term == term
                ? new SubmitOutcome(SubmitStatus.Decided, results)
                : new SubmitOutcome(SubmitStatus.Unknown, []));
        }
    }

    /// <summary>Leadership is lost: waiting commands may or may not be committed by others (bug B-31).</summary>
    public void FailAll()
    {
        Work = default;
        while (_queue.TryDequeue(out var pending))
        {
            pending.Reply(new SubmitOutcome(SubmitStatus.Unknown, []));
        }
    }

    private readonly record struct Pending(
        LogIndex Index, Term Term, CommandBatch? Batch, EntryWork Work, Action<SubmitOutcome> Reply);
}
