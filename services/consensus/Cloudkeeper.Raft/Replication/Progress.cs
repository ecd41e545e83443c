namespace Cloudkeeper.Raft.Replication;

/// <summary>What a leader knows about one member.</summary>
/// <remarks>Invariant: <c>Match</c> is less than <c>Next</c>; both begin anew with each leadership.</remarks>
internal sealed class Progress
{
    private readonly InFlight _inFlight;

    // Set when sending more would be pointless before the member is heard: a probe is out, or the window is full.
    private bool _waitsForReply;

    public Progress(NodeId id, LogIndex next, RaftOptions options)
    {
        Id = id;
        Next = next;
        _inFlight = new InFlight(options.InFlightMax, options.InFlightBytesMax);
    }

    public NodeId Id { get; }

    public ProgressState State { get; private set; }

    /// <summary>Durable at the member, and equal to our log.</summary>
    public LogIndex Match { get; private set; }

    /// <summary>The first entry of the next append.</summary>
    public LogIndex Next { get; private set; }

    /// <summary>The snapshot that is on its way, in state <see cref="ProgressState.Snapshot"/>.</summary>
    public LogIndex PendingSnapshot { get; private set; }

    /// <summary>The newest commit index that an append told it and that it could use.</summary>
    public LogIndex ToldCommit { get; private set; }

    /// <summary>Heard since the last quorum check.</summary>
    public bool IsActive { get; set; }

    /// <summary>The newest round it answered in this leadership.</summary>
    public long AnsweredRound { get; private set; }

    public bool IsPaused => State == ProgressState.Snapshot || _waitsForReply;

    public bool MaySendEntries => State == ProgressState.Probe || !_inFlight.IsFull;

    public void Answered(long round) => AnsweredRound = Math.Max(AnsweredRound, round);

    public void WaitForReply() => _waitsForReply = true;

    public void StopWaiting() => _waitsForReply = false;

    public void Sent(IReadOnlyList<LogEntry> entries, LogIndex commit)
    {
        Invariant.Require(!IsPaused);
        var last = Next + (entries.Count - 1);
        ToldCommit = commit < last ? commit : last;
        if (State == ProgressState.Probe)
        {
            _waitsForReply = true;
            return;
        }

        if (entries.Count > 0)
        {
            _inFlight.Add(last, SizeOf(entries));
            Next = last.Next();
        }

        _waitsForReply = _inFlight.IsFull;
    }

    /// <summary>True when the member is further than we knew, or answered a probe.</summary>
    public bool TryAccept(LogIndex match)
    {
        var isNews = match > Match || (match == Match && State == ProgressState.Probe);
        if (!isNews)
        {
            return false;
        }

        Match = match;
        Next = Next > match ? Next : match.Next();
        _inFlight.FreeThrough(match);
        _waitsForReply = _inFlight.IsFull;
        return true;
    }

    /// <summary>False when the refusal is an old one: it answers an append that another reply has overtaken.</summary>
    /// <param name="agree">The largest index at which the logs may agree.</param>
    public bool TryReject(LogIndex rejected, LogIndex agree)
    {
        if (State == ProgressState.Replicate)
        {
            if (rejected <= Match)
            {
                return false;
            }

            BecomeProbe();
            return true;
        }

        // Only one probe is out at a time, and this is not the answer to it.
        if (State == ProgressState.Snapshot || rejected != Next.Previous())
        {
            return false;
        }

        var next = rejected < agree.Next() ? rejected : agree.Next();
        Next = next > Match ? next : Match.Next();
        _waitsForReply = false;
        return true;
    }

    /// <summary>After a snapshot arrived, what follows it comes next; else what follows the known match.</summary>
    public void BecomeProbe(LogIndex? restoredTo = null)
    {
        Next = restoredTo is { } index && index > Match ? index.Next() : Match.Next();
        ToldCommit = LogIndex.Zero;
        Change(ProgressState.Probe);
    }

    public void BecomeReplicate()
    {
        Next = Match.Next();
        Change(ProgressState.Replicate);
    }

    public void BecomeSnapshot(LogIndex index)
    {
        Change(ProgressState.Snapshot);
        PendingSnapshot = index;
    }

    private static long SizeOf(IReadOnlyList<LogEntry> entries)
    {
        var bytes = 0L;
        for (var i = 0; i < entries.Count; i++)
        {
            bytes += entries[i].Size;
        }

        return bytes;
    }

    private void Change(ProgressState state)
    {
        State = state;
        PendingSnapshot = LogIndex.Zero;
        _waitsForReply = false;
        _inFlight.Clear();
    }
}
