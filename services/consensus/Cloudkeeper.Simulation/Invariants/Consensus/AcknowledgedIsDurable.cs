using Cloudkeeper.Raft;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>I9: the promise of a message is on the disk when the message leaves (rule R2).</summary>
internal static class AcknowledgedIsDurable
{
    public static void Sending(NodeView node, RaftMessage message)
    {
        if (message is AppendReply or HeartbeatReply or VoteReply or VoteRequest)
        {
            RequireTerm(node, message);
        }

        switch (message)
        {
            case AppendReply { RejectedIndex: null } reply:
                RequireEntries(node, reply.MatchIndex);
                break;
            case VoteReply { Granted: true } reply:
                RequireVote(node, reply.Term, reply.To);
                break;
            case VoteRequest request:
                RequireVote(node, request.Term, node.Id);
                break;
        }
    }

    private static void RequireTerm(NodeView node, RaftMessage message)
    {
        if (node.Durable.HardState.Term < message.Term)
        {
            throw Broken(node, $"sends in term {message.Term}, durable is term {node.Durable.HardState.Term}");
        }
    }

    private static void RequireEntries(NodeView node, LogIndex match)
    {
        var isDurable = match <= node.DurableSnapshot
            || (node.Written.Has(match)
                ? node.Durable.Covers(match, node.Written[match].Chain)
                : match < node.Durable.BaseIndex);
        if (!isDurable)
        {
            throw Broken(node, $"acknowledges entry {match}, durable is {node.Durable.LastIndex}");
        }
    }

    private static void RequireVote(NodeView node, Term term, NodeId candidate)
    {
        var durable = node.Durable.HardState;
        if (durable.Term == term && durable.Vote != candidate)
        {
            throw Broken(node, $"votes for {candidate} in term {term}, durable is {durable}");
        }
    }

    private static ViolationException Broken(NodeView node, string what) =>
        new("I9 acknowledged is durable", $"node {node.Id} {what}");
}
