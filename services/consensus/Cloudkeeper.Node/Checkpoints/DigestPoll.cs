using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Checkpoints;

/// <summary>Each voter's digest behind one entry; null: it does not know, or did not answer.</summary>
internal sealed class DigestPoll(IReadOnlyList<(NodeId Node, ulong? Digest)> voters)
{
    /// <summary>The digest that a majority of all voters had; null: there is none, or not enough have answered.</summary>
    public ulong? Majority => voters
        .Where(voter => voter.Digest is not null)
        .GroupBy(voter => voter.Digest)
        .FirstOrDefault(group => group.Count() > voters.Count / 2)?.Key;

    public override string ToString() => string.Join(
        ", ", voters.Select(voter => $"n{voter.Node} " + (voter.Digest is { } digest ? $"{digest:x16}" : "did not answer")));
}
