using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Reads;

/// <summary>Reads on their way: waiting for a round, then for an index, then for a revision.</summary>
internal sealed class PendingReads
{
    private const int KeptAnswered = 1_000;

    private readonly SortedDictionary<long, Waiting> _byTicket = [];
    private readonly PriorityQueue<Waiting, long> _byIndex = new();
    private long _lastTicket;

    // A read that waits for a revision is in both; one that is answered by way of one stays in the other for a while.
    private PriorityQueue<Waiting, long> _byRevision = new();
    private Queue<Waiting> _byDeadline = new();
    private int _forRevision;

    /// <summary>That have no answer yet.</summary>
    public int Count => _byTicket.Count + _byIndex.Count + _forRevision;

    /// <summary>The ticket under which the round will answer.</summary>
    public long NextTicket() => ++_lastTicket;

    public void AwaitRound(long ticket, Revision minRevision, Action<ReadOutcome> reply) =>
        _byTicket.Add(ticket, new Waiting(minRevision, reply));

    public void AwaitRevision(Revision minRevision, long deadline, Action<ReadOutcome> reply)
    {
        var waiting = new Waiting(minRevision, reply) { Deadline = deadline };
        _byRevision.Enqueue(waiting, minRevision.Value);
        _byDeadline.Enqueue(waiting);
        _forRevision++;
    }

    /// <summary>There will be no round: this replica does not lead.</summary>
    public void Refuse(long ticket)
    {
        _byTicket.Remove(ticket, out var waiting);
        waiting!.Reply(new ReadOutcome(ReadStatus.NotLeader, null));
    }

    /// <summary>A round has answered: the read may be served once its index is applied.</summary>
    public void Confirmed(ReadState state)
    {
        if (_byTicket.Remove(state.Ticket, out var waiting))
        {
            _byIndex.Enqueue(waiting, state.Index.Value);
        }
    }

    /// <summary>
    /// Serves the reads that the state now allows, and gives up those that have waited too long for their revision.
    /// </summary>
    public void Serve(StateMachine machine, LogIndex applied, long now, long minRevisionWait)
    {
        while (_byIndex.TryPeek(out var waiting, out var index) && index <= applied.Value)
        {
            _byIndex.Dequeue();
            if (machine.Revision >= waiting.MinRevision)
            {
                waiting.Reply(new ReadOutcome(ReadStatus.Ready, machine));
            }
            else
            {
                AwaitRevision(waiting.MinRevision, now + minRevisionWait, waiting.Reply);
            }
        }

        while (_byRevision.TryPeek(out var waiting, out var revision)
            && (waiting.IsAnswered || revision <= machine.Revision.Value))
        {
            _byRevision.Dequeue();
            Answer(waiting, new ReadOutcome(ReadStatus.Ready, machine));
        }

        while (_byDeadline.TryPeek(out var waiting) && (waiting.IsAnswered || waiting.Deadline <= now))
        {
            _byDeadline.Dequeue();
            Answer(waiting, new ReadOutcome(ReadStatus.RevisionNotReached, machine));
        }

        ForgetAnswered();
    }

    /// <summary>Leadership is lost: no round will answer. Reads whose round has answered stay good (bug B-37).</summary>
    public void FailRounds()
    {
        foreach (var waiting in _byTicket.Values)
        {
            waiting.Reply(new ReadOutcome(ReadStatus.NotLeader, null));
        }

        _byTicket.Clear();
    }

    private void Answer(Waiting waiting, ReadOutcome outcome)
    {
        if (!waiting.IsAnswered)
        {
            waiting.IsAnswered = true;
            _forRevision--;
            waiting.Reply(outcome);
        }
    }

    /// <summary>
    /// Behind a read that waits there may be any number of answered ones. Looked through only when they are the greater
    /// part, so that it costs each of them little.
    /// </summary>
    private void ForgetAnswered()
    {
        if (Math.Max(_byRevision.Count, _byDeadline.Count) > KeptAnswered + (2 * _forRevision))
        {
            _byRevision = new(_byRevision.UnorderedItems.Where(static item => !item.Element.IsAnswered));
            _byDeadline = new(_byDeadline.Where(static waiting => !waiting.IsAnswered));
        }
    }

    private sealed class Waiting(Revision minRevision, Action<ReadOutcome> reply)
    {
        public Revision MinRevision { get; } = minRevision;

        public Action<ReadOutcome> Reply { get; } = reply;

        public long Deadline { get; init; }

        public bool IsAnswered { get; set; }
    }
}
