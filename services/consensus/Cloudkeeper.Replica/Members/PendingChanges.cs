using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>
/// The callers that wait for a membership. There is one change at a time, so that few wait: for an entry that is not
/// committed yet, or for members that are still on their way out.
/// </summary>
internal sealed class PendingChanges
{
    private readonly List<Waiting> _waiting = [];

    /// <param name="index">Of the entry that must be committed.</param>
    /// <param name="leaving">The members that must be gone before it is done.</param>
    public void Add(LogIndex index, NodeId? node, IReadOnlyList<NodeId> leaving, Action<ChangeOutcome> reply) =>
        _waiting.Add(new Waiting(index, node, leaving, reply));

    /// <summary>A membership that this leader wrote is committed.</summary>
    public void Committed(LogIndex index, Membership membership)
    {
        foreach (var done in _waiting.FindAll(w => w.Index <= index && !w.Leaving.Any(id => membership.Find(id) is not null)))
        {
            _waiting.Remove(done);
            done.Reply(new ChangeOutcome(ChangeStatus.Done) { Node = done.Node, Membership = membership });
        }
    }

    /// <summary>Leadership is lost: the next leader knows the outcome (bug B-31).</summary>
    public void FailAll(NodeId? leader)
    {
        Waiting[] failed = [.. _waiting];
        _waiting.Clear();
        foreach (var waiting in failed)
        {
            waiting.Reply(ChangeOutcome.NotLeader(leader));
        }
    }

    private sealed record Waiting(
        LogIndex Index, NodeId? Node, IReadOnlyList<NodeId> Leaving, Action<ChangeOutcome> Reply);
}
