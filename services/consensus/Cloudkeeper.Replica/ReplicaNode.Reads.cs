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
