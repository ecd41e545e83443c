using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Checkpoints;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica;

// Replicas that have applied the same entries must have the same digest. Every so often the leader publishes its own
// through the log, and each replica compares: a bug, or memory that has lost a bit, shows within seconds rather than at
// the next change of leader. Which of the two is wrong only a majority can decide, and that is the host's business.
public sealed partial class ReplicaNode
{
    private readonly DigestRing _digests = new();

    private LogIndex _stamped;

    /// <summary>
    /// The digest of this replica's state behind an entry, if one was taken there and is not too long ago.
    /// </summary>
    public ulong? DigestAt(LogIndex index) => _digests.Find(index);

    private void TakeDigest(LogIndex index)
    {
        if (index.Value % _options.CheckpointEntries == 0)
        {
            _digests.Add(index, Machine.Digest);
        }
    }

    private void StampCheckpoint()
    {
        var newest = _digests.Newest;
        if (!IsServingLeader || newest <= _stamped || Machine.FeatureLevel < FeatureLevels.Checkpoints)
        {
            return;
        }

        // Refused now: tried again at the next tick, with the newest digest then.
        var digest = _digests.Find(newest)!.Value;
        if (ProposeInternally(new CheckpointCommand(_raft.Term.Value, newest.Value, digest)))
        {
            _stamped = newest;
        }
    }

    private void Compare(Term term, CommandBatch batch)
    {
        if (batch is not { Requests: [{ Command: CheckpointCommand checkpoint }] } || checkpoint.DecidedIn != term.Value)
        {
            return;
        }

        var index = new LogIndex(checkpoint.Index);
        _stamped = index > _stamped ? index : _stamped;
        if (_digests.Find(index) is { } own && own != checkpoint.Digest)
        {
            _host.DigestDiffers(index, own, checkpoint.Digest);
        }
    }
}
