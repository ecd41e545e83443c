namespace Cloudkeeper.Raft;

/// <summary>The follower: making its log equal to the leader's (thesis, section 3.5).</summary>
public sealed partial class RaftNode
{
    private void OnAppendRequest(AppendRequest request)
    {
        // Committed entries agree already, compacted or not: neither a conflict nor unknown (bug B-18).
        if (request.PreviousIndex < CommitIndex)
        {
            Acknowledge(request.From, CommitIndex);
            return;
        }

        if (!_log.Contains(request.PreviousIndex, request.PreviousTerm))
        {
            Reject(request);
            return;
        }

        AppendFromLeader(request.Entries);
        var last = request.PreviousIndex + request.Entries.Count;
        CommitTo(request.Commit < last ? request.Commit : last);
        Acknowledge(request.From, last);
    }

    /// <summary>
    /// Skips entries that are here already and deletes only from the first one that contradicts: an old, overtaken
    /// append must not shorten the log (thesis, 3.5; bug B-17).
    /// </summary>
    private void AppendFromLeader(IReadOnlyList<LogEntry> entries)
    {
        var i = 0;
        while (i < entries.Count && _log.Contains(entries[i].Index, entries[i].Term))
        {
            i++;
        }

        if (i < entries.Count && entries[i].Index <= LastIndex)
        {
            _observer?.Truncated(Id, entries[i].Index, LastIndex);
            _writes.TruncatedFrom(entries[i].Index);
            _log.TruncateFrom(entries[i].Index);
        }

        for (; i < entries.Count; i++)
        {
            _log.Append(entries[i]);
        }

        RefreshMembership();
    }

    /// <summary>
    /// The hint lets the leader skip whole terms: no entry behind it can agree, for there the leader's terms are lower
    /// than ours. With as few probes as there are differing terms this ends (thesis, 3.5; bug B-33).
    /// </summary>
    private void Reject(AppendRequest request)
    {
        // A committed entry agrees with every later leader's (leader completeness; thesis, 3.6.3): neither is it the one
        // that does not match, nor can the leader's term at a later one be lower.
        Invariant.Require(request.PreviousIndex > CommitIndex);
        var hint = _log.LastIndexOfTermAtMost(request.PreviousIndex, request.PreviousTerm);
        Invariant.Require(hint >= CommitIndex);
        Invariant.Require(_log.TryTermAt(hint, out var hintTerm));
        SendWhenDurable(
            new AppendReply(Id, request.From, Term, LogIndex.Zero, request.PreviousIndex, hint, hintTerm),
            LogIndex.Zero);
    }

    private void OnHeartbeatRequest(HeartbeatRequest request)
    {
        // It promises at most the entries that we acknowledged in this term; fewer in the log mean that the disk lied.
        Invariant.Require(request.Commit <= LastIndex);
        CommitTo(request.Commit);
        SendWhenDurable(new HeartbeatReply(Id, request.From, Term, request.Round), LogIndex.Zero);
    }

    private void Acknowledge(NodeId leader, LogIndex match) =>
        SendWhenDurable(new AppendReply(Id, leader, Term, match, null, LogIndex.Zero, default), match);
}
