using Cloudkeeper.Raft.Quorum;
using Cloudkeeper.Raft.Replication;

namespace Cloudkeeper.Raft;

/// <summary>
/// Linearizable reads without log entries (thesis, section 6.4). Rounds are numbered and never reused within a
/// leadership: a delayed or repeated reply confirms only reads that were asked before it was sent (bug B-36). No clock.
/// </summary>
/// <remarks>
/// A round needs a quorum's answers and no more, so between heartbeats it asks only the members that answered the last
/// one first. Should one of them not answer, the next heartbeat brings the round to all.
/// </remarks>
public sealed partial class RaftNode
{
    private readonly Queue<ReadRound> _readRounds = new();
    private List<long> _waitingReads = [];
    private List<ReadState> _readStates = [];
    private long _round;

    // The members that have answered since the last heartbeat, in this order, until they make a quorum with this one.
    private readonly List<NodeId> _prompt = [];
    private bool _isPromptQuorum;

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
            NumberRound();
            foreach (var progress in _progress.All)
            {
                if (!_isPromptQuorum || _prompt.Contains(progress.Id))
                {
                    SendHeartbeat(progress);
                }
            }

            AnswerRound();
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
            NumberRound();
        }

        ForgetPrompt();
        foreach (var progress in _progress.All)
        {
            SendHeartbeat(progress);
        }

        AnswerRound();
    }

    private void NumberRound()
    {
        _round++;
        _readRounds.Enqueue(new ReadRound(_round, CommitIndex, _waitingReads));
        _waitingReads = [];
    }

    private void SendHeartbeat(Progress progress)
    {
        if (progress.Id != Id)
        {
            // Not beyond what it has: it would have to guess which entries are meant.
            var commit = progress.Match < CommitIndex ? progress.Match : CommitIndex;
            Send(new HeartbeatRequest(Id, progress.Id, Term, commit, _round));
        }
    }

    private void AnswerRound()
    {
        _progress.Find(Id)?.Answered(_round);
        ConfirmReads();
    }

    private void NotePrompt(NodeId voter)
    {
        if (!_isPromptQuorum && _quorum.IsVoter(voter) && !_prompt.Contains(voter))
        {
            _prompt.Add(voter);
            _isPromptQuorum = _quorum.Result(id => id == Id || _prompt.Contains(id)) == VoteResult.Won;
        }
    }

    /// <summary>With every heartbeat, and when other voters decide.</summary>
    private void ForgetPrompt()
    {
        _prompt.Clear();
        _isPromptQuorum = false;
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
        ForgetPrompt();
    }

    private sealed record ReadRound(long Number, LogIndex Index, List<long> Tickets);
}
