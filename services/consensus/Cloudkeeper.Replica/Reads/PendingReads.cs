using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Reads;

/// <summary>Reads on their way: waiting for a round, then for an index, then for a revision.</summary>
internal sealed class PendingReads
{
    private readonly SortedDictionary<long, Waiting> _byTicket = [];
    private readonly PriorityQueue<Waiting, long> _byIndex = new();
    private readonly PriorityQueue<Waiting, long> _byRevision = new();
    private readonly Queue<Waiting> _byDeadline = new();
    private long _lastTicket;

    public int Count => _byTicket.Count + _byIndex.Count + _byRevision.Count;

    /// <summary>The ticket under which the round will answer.</summary>
    public long NextTicket() => ++_lastTicket;

    public void AwaitRound(long ticket, Revision minRevision, Action<ReadOutcome> reply) =>
        _byTicket.Add(ticket, new Waiting(minRevision, reply));

    public void AwaitRevision(Revision minRevision, long deadline, Action<ReadOutcome> reply)
    {
        var waiting = new Waiting(minRevision, reply) { Deadline = deadline };
        _byRevision.Enqueue(waiting, minRevision.Value);
        _byDeadline.Enqueue(waiting);
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

    /// <summary>Serves what the state now allows, and gives up on what has waited too long for its revision.</summary>
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
            waiting.Answer(new ReadOutcome(ReadStatus.Ready, machine));
        }

        while (_byDeadline.TryPeek(out var waiting) && (waiting.IsAnswered || waiting.Deadline <= now))
        {
            _byDeadline.Dequeue();
            waiting.Answer(new ReadOutcome(ReadStatus.RevisionNotReached, machine));
        }
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

    private sealed class Waiting(Revision minRevision, Action<ReadOutcome> reply)
    {
        public Revision MinRevision { get; } = minRevision;

        public Action<ReadOutcome> Reply { get; } = reply;

        public long Deadline { get; init; }

        public bool IsAnswered { get; private set; }

        public void Answer(ReadOutcome outcome)
        {
            if (!IsAnswered)
            {
                IsAnswered = true;
                Reply(outcome);
            }
        }
    }
}
