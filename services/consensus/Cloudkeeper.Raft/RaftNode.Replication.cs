using Cloudkeeper.Raft.Replication;

namespace Cloudkeeper.Raft;

/// <summary>
/// The leader: its log, the followers' part of it, and the commit index that follows (thesis, section 3.5).
/// </summary>
public sealed partial class RaftNode
{
    private int _heartbeatElapsed;
    private long _uncommittedBytes;

    // The barrier of this leadership: only from here on may replicas be counted.
    private LogIndex _termStart;

    /// <summary>
    /// Appends a command. <paramref name="onlyIn"/>: refuse unless leading in exactly this term (rule R5).
    /// </summary>
    public ProposeResult Propose(ReadOnlyMemory<byte> payload, Term? onlyIn = null)
    {
        if (Role != Role.Leader || (onlyIn is { } term && term != Term))
        {
            return Refused(ProposeStatus.NotLeader);
        }

        if (IsTransferring)
        {
            return Refused(ProposeStatus.Transferring);
        }

        var size = payload.Length + LogEntry.Overhead;
        if (_uncommittedBytes > 0 && _uncommittedBytes + size > _options.UncommittedBytesMax)
        {
            return Refused(ProposeStatus.Overloaded);
        }

        return new ProposeResult(ProposeStatus.Accepted, AppendAsLeader(EntryKind.Command, payload), Term);
    }

    /// <summary>The last entry that a member is known to have; null unless this member leads.</summary>
    public LogIndex? MatchIndexOf(NodeId member) => Role == Role.Leader ? _progress.Find(member)?.Match : null;

    /// <summary>The snapshot that a member is being sent; null: none, or this member does not lead.</summary>
    public LogIndex? PendingSnapshotOf(NodeId member) =>
        _progress.Find(member) is { State: ProgressState.Snapshot } progress ? progress.PendingSnapshot : null;

    /// <summary>A message came in this election timeout or the one before; null unless this member leads.</summary>
    public bool? IsActive(NodeId member) =>
        Role == Role.Leader ? member == Id || _progress.Find(member) is { IsReachable: true } : null;

    /// <summary>The transport lost messages to this member: go back to probing.</summary>
    public void Unreachable(NodeId to)
    {
        if (Role == Role.Leader && _progress.Find(to) is { State: ProgressState.Replicate } progress)
        {
            progress.BecomeProbe();
        }
    }

    private ProposeResult Refused(ProposeStatus status) => new(status, LogIndex.Zero, Term);

    /// <summary>
    /// Entries of earlier terms are never committed by counting (thesis, 3.6.2; bug B-01). A barrier of the own term is
    /// appended at once, and with it they are.
    /// </summary>
    private void BecomeLeader()
    {
        Invariant.Require(Role == Role.Candidate && MayLead);
        SetRole(Role.Leader, Id);
        _progress.Restart(_log.Membership, LastIndex.Next());
        _round = 0;
        _electionElapsed = 0;
        _heartbeatElapsed = 0;
        _uncommittedBytes = _log.BytesBetween(CommitIndex, LastIndex);
        _termStart = AppendAsLeader(EntryKind.Barrier, default);
        AdvanceOwnMatch();
    }

    private void EndLeadership()
    {
        _progress.Clear();
        _uncommittedBytes = 0;
        DropReads();
        EndTransfer();
    }

    private LogIndex AppendAsLeader(EntryKind kind, ReadOnlyMemory<byte> payload)
    {
        Invariant.Require(Role == Role.Leader);
        var entry = new LogEntry(LastIndex.Next(), Term, kind, payload);
        _log.Append(entry);
        _uncommittedBytes += entry.Size;
        RefreshMembership();
        return entry.Index;
    }

    private void TickLeader()
    {
        TickTransfer();
        if (Role == Role.Leader && _electionElapsed >= _options.ElectionTicks)
        {
            _electionElapsed = 0;
            CheckQuorum();
        }

        // Perhaps it has just stepped down.
        if (Role == Role.Leader && ++_heartbeatElapsed >= _options.HeartbeatTicks)
        {
            _heartbeatElapsed = 0;
            foreach (var progress in _progress.All)
            {
                progress.HeartbeatDue();
            }

            BroadcastHeartbeat();
        }
    }

    /// <summary>
    /// Sends every follower the entries that it lacks, as far as its window allows: proposals since the last output go
    /// together.
    /// </summary>
    private void ReplicateToAll()
    {
        foreach (var progress in _progress.All)
        {
            if (progress.Id == Id)
            {
                continue;
            }

            while (MaySend(progress) && SendAppend(progress))
            {
            }
        }
    }

    private bool MaySend(Progress progress)
    {
        var useful = progress.Next.Previous() < CommitIndex ? progress.Next.Previous() : CommitIndex;
        return !progress.IsPaused && (progress.Next <= LastIndex || progress.ToldCommit < useful);
    }

    /// <summary>One append, empty when there is nothing (more) that may be sent. False: the entries are gone.</summary>
    private bool SendAppend(Progress progress)
    {
        var previous = progress.Next.Previous();
        if (!_log.TryTermAt(previous, out var previousTerm))
        {
            SendSnapshot(progress);
            return false;
        }

        var entries = progress.MaySendEntries ? _log.Slice(progress.Next, LastIndex, _options.AppendBytesMax) : [];
        Send(new AppendRequest(Id, progress.Id, Term, previous, previousTerm, entries, CommitIndex));
        progress.Sent(entries, CommitIndex);
        return true;
    }

    private void OnAppendReply(AppendReply reply, Progress progress)
    {
        progress.Heard();
        if (reply.RejectedIndex is { } rejected)
        {
            var agree = _log.LastIndexOfTermAtMost(reply.HintIndex, reply.HintTerm);
            progress.TryReject(rejected, agree);
        }
        else if (reply.MatchIndex <= LastIndex && progress.TryAccept(reply.MatchIndex))
        {
            LeaveProbing(progress);
            AdvanceCommit();
            ContinueTransfer(progress);
        }
    }

    private void LeaveProbing(Progress progress)
    {
        // From a snapshot's state only when the log continues where the follower is.
        var continues = progress.Match.Next() >= _log.FirstIndex;
        if (progress.State == ProgressState.Probe || (progress.State == ProgressState.Snapshot && continues))
        {
            progress.BecomeReplicate();
        }
    }

    private void OnHeartbeatReply(HeartbeatReply reply, Progress progress)
    {
        if (reply.Round > _round)
        {
            return;
        }

        progress.Heard();
        progress.Answered(reply.Round);
        NotePrompt(progress.Id);

        // An append brings every loss to light, be it empty.
        if (progress.Match < LastIndex && progress.TryRetry())
        {
            SendAppend(progress);
        }

        ConfirmReads();
        ContinueTransfer(progress);
    }

    /// <summary>
    /// The own log counts as far as it is durable, no further: it is written while others replicate (thesis, 10.2.1).
    /// </summary>
    private void AdvanceOwnMatch()
    {
        if (Role == Role.Leader && _progress.Find(Id) is { } own)
        {
            own.TryAccept(_writes.Stable);
            AdvanceCommit();
        }
    }

    /// <summary>
    /// An entry is committed when a quorum has it durably and this term's leader wrote it (thesis, 3.6.2; bugs B-01,
    /// B-20 to B-22).
    /// </summary>
    private void AdvanceCommit()
    {
        var reached = new LogIndex(_quorum.Reached(_progress.MatchOf));
        if (reached <= CommitIndex || reached < _termStart)
        {
            return;
        }

        _uncommittedBytes -= _log.BytesBetween(CommitIndex, reached);
        Invariant.Require(_uncommittedBytes >= 0);
        CommitTo(reached);
        OnMembershipCommitted();
    }

    private void CommitTo(LogIndex index)
    {
        if (index > CommitIndex)
        {
            _observer?.CommitAdvanced(Id, CommitIndex, index);
            _log.CommitTo(index);
        }
    }
}
