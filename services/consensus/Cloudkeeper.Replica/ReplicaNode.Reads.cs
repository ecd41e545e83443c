using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Replica.Reads;

namespace Cloudkeeper.Replica;

public sealed partial class ReplicaNode
{
    /// <summary>
    /// Asks to read. <paramref name="reply"/> is called exactly once, with the state machine to read when it may be.
    /// </summary>
    public void Read(ReadConsistency consistency, Revision minRevision, Action<ReadOutcome> reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        if (_reads.Count >= _options.PendingReadsMax)
        {
            reply(new ReadOutcome(ReadStatus.Overloaded, null));
        }
        else if (consistency == ReadConsistency.Linearizable)
        {
            ReadLinearizably(minRevision, reply);
        }
        else if (Machine.Revision >= minRevision)
        {
            reply(new ReadOutcome(ReadStatus.Ready, Machine));
        }
        else
        {
            var deadline = _host.MonotonicMilliseconds + _options.MinRevisionWaitMilliseconds;
            _reads.AwaitRevision(minRevision, deadline, reply);
        }
    }

    /// <summary>
    /// Asks for the lower bound of a linearizable read that begins now. A leader that serves, and has applied all that
    /// is committed, names the revision at which the question arrived; the round proves that it was the leader. A later
    /// one would be right as well, but a gateway that reads from the feed would have to wait for it.
    /// </summary>
    /// <remarks>
    /// That all acknowledged entries are applied would not do: while this disk is slower than the others, followers
    /// apply and publish entries that the leader has not, and one gateway would answer with them, another afterwards
    /// without them.
    /// </remarks>
    /// <param name="reply">Called exactly once; the revision counts only when the status is <see cref="ReadStatus.Ready"/>.</param>
    public void ReadPoint(Action<ReadStatus, Revision> reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        Revision? arrived = IsServingLeader && AppliedIndex == CommitIndex ? Machine.Revision : null;
        Read(
            ReadConsistency.Linearizable,
            Revision.Zero,
            outcome => reply(outcome.Status, arrived ?? outcome.Revision));
    }

    private void ReadLinearizably(Revision minRevision, Action<ReadOutcome> reply)
    {
        var ticket = _reads.NextTicket();
        _reads.AwaitRound(ticket, minRevision, reply);
        if (!_raft.ReadIndex(ticket))
        {
            _reads.Refuse(ticket);
        }
    }
}
