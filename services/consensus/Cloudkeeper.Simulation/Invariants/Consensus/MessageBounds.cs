using Cloudkeeper.Raft;

namespace Cloudkeeper.Simulation.Invariants.Consensus;

/// <summary>I12: no member writes to itself, and no append is larger than allowed, unless it is one entry.</summary>
internal static class MessageBounds
{
    public static void Sending(NodeId node, RaftMessage message, RaftOptions options)
    {
        if (message.From != node || message.To == node)
        {
            throw new ViolationException("I12 message bounds", $"node {node} sends {message}");
        }

        if (message is not AppendRequest { Entries.Count: > 1 } append)
        {
            return;
        }

        var bytes = 0L;
        for (var i = 0; i < append.Entries.Count; i++)
        {
            bytes += append.Entries[i].Size;
        }

        if (bytes > options.AppendBytesMax)
        {
            throw new ViolationException(
                "I12 message bounds",
                $"node {node} sends {append.Entries.Count} entries of {bytes} bytes, allowed are "
                + $"{options.AppendBytesMax}");
        }
    }
}
