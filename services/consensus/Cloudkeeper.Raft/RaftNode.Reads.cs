namespace Cloudkeeper.Raft;

/// <summary>
/// Linearizable reads without log entries (thesis, section 6.4). Rounds are numbered and never reused within a
/// leadership: a delayed or repeated reply confirms only what was asked before it was sent (bug B-36). No clock.
/// </summary>
public sealed partial class RaftNode
{
    private readonly Queue<ReadRound> _readRounds = new();
    private List<long> _waitingReads = [];
    private List<ReadState> _readStates = [];
    private long _round;

    /// <summary>
    /// Asks for a read round. False: not leading, or handing over. The <see cref="ReadState"/> comes only after an
    /// entry of the own term is committed and a quorum has answered a round begun after this call; a round that a
    /// lost leadership cut off never answers: the caller fails its tickets when <see cref="Term"/> or role change.
    /// </summary>
    public bool ReadIndex(long ticket)
    {
        // While the target of a transfer may be elected at any moment, a new read would only wait (bug B-39).
        if (Role != Role.Leader || IsTransferring)
        {
            return false;
        }

        _waitingReads.Add(ticket);
        return true;
    }

    /// <summary>All reads that wait share one round; those that come while it is under way share the next.</summary>
    private void StartReadRoundIfIdle()
    {
        if (_readRounds.Count == 0 && CanStartReadRound)
        {
            BroadcastHeartbeat();
        }
    }

    /// <summary>
    /// Before an entry of the own term is committed, the commit index may lag behind an answer given earlier (bug
    /// B-35).
    /// </summary>
    private bool CanStartReadRound => _waitingReads.Count > 0 && CommitIndex >= _termStart;

    /// <summary>Also carries the round again whose heartbeats may be lost; waiting reads begin another one.</summary>
    private void BroadcastHeartbeat()
    {
        if (CanStartReadRound)
        {
            _round++;
            _readRounds.Enqueue(new ReadRound(_round, CommitIndex, _waitingReads));
            _waitingReads = [];
        }

        foreach (var progress in _progress.All)
        {
            if (progress.Id != Id)
            {
                // Not beyond what it has: it would have to guess which entries are meant.
                var commit = progress.Match < CommitIndex ? progress.Match : CommitIndex;
                Send(new HeartbeatRequest(Id, progress.Id, Term, commit, _round));
            }
        }

        _progress.Find(Id)?.Answered(_round);
        ConfirmReads();
    }

    private void ConfirmReads()
    {
        if (_readRounds.Count == 0)
        {
            return;
        }

        var confirmed = _quorum.Reached(_progress.AnsweredRoundOf);
        while (_readRounds.TryPeek(out var round) && round.Number <= confirmed)
        {
            _readRounds.Dequeue();
            foreach (var ticket in round.Tickets)
            {
                _readStates.Add(new ReadState(ticket, round.Index, Term));
            }
        }
    }

    private void DropReads()
    {
        _waitingReads = [];
        _readRounds.Clear();
    }

    private sealed record ReadRound(long Number, LogIndex Index, List<long> Tickets);
}
