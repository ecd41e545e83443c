namespace Cloudkeeper.Raft.Replication;

/// <summary>A leader's knowledge of one member.</summary>
/// <remarks>Invariant: <c>Match</c> is less than <c>Next</c>; both begin anew with each leadership.</remarks>
internal sealed class Progress
{
    private readonly InFlight _inFlight;

    // Set when sending more would be pointless before a message of the member comes: a probe is out, or the window is
    // full.
    private bool _waitsForReply;

    private bool _wasActive;

    // Heartbeat intervals since anything was sent to it or came of it.
    private int _quietIntervals;

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

    /// <summary>The newest commit index that an append carried to it and that it could use.</summary>
    public LogIndex ToldCommit { get; private set; }

    /// <summary>A message came since the last quorum check.</summary>
    public bool IsActive { get; private set; }

    /// <summary>
    /// A message came since the quorum check before the last one: right after a check no member is active.
    /// </summary>
    public bool IsReachable => IsActive || _wasActive;

    /// <summary>The newest round it answered in this leadership.</summary>
    public long AnsweredRound { get; private set; }

    public bool IsPaused => State == ProgressState.Snapshot || _waitsForReply;

    public bool MaySendEntries => State == ProgressState.Probe || !_inFlight.IsFull;

    public void Heard() => IsActive = true;

    public void BeginCheck() => (IsActive, _wasActive) = (false, IsActive);

    public void Answered(long round) => AnsweredRound = Math.Max(AnsweredRound, round);

    public void WaitForReply() => _waitsForReply = true;

    public void HeartbeatDue() => _quietIntervals++;

    /// <summary>
    /// It is there, yet the last messages to it have had no effect for a heartbeat interval: they may be lost. Not
    /// sooner, else every read round would repeat messages that are still on their way.
    /// </summary>
    public bool TryRetry()
    {
        if (State == ProgressState.Snapshot || _quietIntervals == 0)
        {
            return false;
        }

        _waitsForReply = false;
        return true;
    }

    public void Sent(IReadOnlyList<LogEntry> entries, LogIndex commit)
    {
        Invariant.Require(!IsPaused);
        _quietIntervals = 0;
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

        _quietIntervals = 0;
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

    /// <summary>After a snapshot arrived, the entries behind it come next; else those behind the known match.</summary>
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
        _quietIntervals = 0;
        _inFlight.Clear();
    }
}
