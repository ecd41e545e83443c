namespace Cloudkeeper.Raft;

/// <summary>The way out: writes, the messages that wait for them, and committed entries.</summary>
public sealed partial class RaftNode
{
    private readonly List<RaftMessage> _released = [];
    private List<RaftMessage> _messages = [];

    // The last entry that left in RaftOutput.Committed: each leaves exactly once.
    private LogIndex _handedOut;
    private LogIndex _applied;

    /// <summary>The write with this sequence, and all before it, are durable.</summary>
    public void StorageDone(long sequence)
    {
        _writes.Done(sequence, _released);
        foreach (var message in _released)
        {
            // The promise of an earlier term does not leave in a later one: its leader is gone (bugs B-23, B-24).
            if (message.Term == Term)
            {
                Send(message);
            }
        }

        _released.Clear();
        CountOwnVoteOnceDurable();
        AdvanceOwnMatch();
    }

    /// <summary>The state machine has applied all entries up to here.</summary>
    public void ApplyDone(LogIndex applied)
    {
        Invariant.Require(applied <= _handedOut);
        _applied = applied > _applied ? applied : _applied;
    }

    /// <summary>
    /// Takes the pending effects; false: nothing to do. Call it until it returns false: large effects come in parts.
    /// </summary>
    public bool TryTakeOutput(out RaftOutput output)
    {
        if (Role == Role.Leader)
        {
            StartReadRoundIfIdle();
            ReplicateToAll();
        }

        var write = _writes.Take(Term, _vote);
        var committed = TakeCommitted();
        var isNothing = write is null && committed.Length == 0 && _restore is null
            && _messages.Count == 0 && _readStates.Count == 0;
        if (isNothing)
        {
            output = RaftOutput.Nothing;
            return false;
        }

        output = new RaftOutput(write, _messages, _restore, committed, _readStates);
        _messages = [];
        _readStates = [];
        _restore = null;
        return true;
    }

    /// <summary>
    /// A quorum without us can commit entries that are not durable here yet. They are not applied before they are: a
    /// state machine must never be ahead of its own log (bug B-29).
    /// </summary>
    private LogEntry[] TakeCommitted()
    {
        var through = CommitIndex < _writes.Stable ? CommitIndex : _writes.Stable;
        var committed = _log.Slice(_handedOut.Next(), through, _options.ApplyBytesMax);
        _handedOut += committed.Length;
        return committed;
    }

    private void Send(RaftMessage message)
    {
        Invariant.Require(message.To != Id && message.Term.Value > 0);
        _messages.Add(message);
    }

    private void SendWhenDurable(RaftMessage message, LogIndex through)
    {
        if (!_writes.TryHold(message, through))
        {
            Send(message);
        }
    }
}
