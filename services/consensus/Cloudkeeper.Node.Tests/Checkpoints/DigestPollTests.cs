using Cloudkeeper.Node.Checkpoints;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Tests.Checkpoints;

public sealed class DigestPollTests
{
    /// <summary>One character a voter; a dot has not answered.</summary>
    [Theory]
    [InlineData("aab", 'a')]
    [InlineData("baa", 'a')]
    [InlineData("aa.", 'a')]
    [InlineData("a..", null)]
    [InlineData("ab.", null)]
    [InlineData("ab", null)]
    [InlineData("aabb", null)]
    [InlineData("aaab", 'a')]
    [InlineData("abcaa", 'a')]
    [InlineData("aabb.", null)]
    [InlineData("a", 'a')]
    [InlineData("...", null)]
    public void Only_the_digest_of_a_majority_of_all_voters_is_right(string voters, char? right)
    {
        var poll = new DigestPoll([.. voters.Select((c, i) => (new NodeId(i + 1), c == '.' ? (ulong?)null : c))]);
        Assert.Equal(right, (char?)poll.Majority);
    }

    [Fact]
    public void The_evidence_names_every_voter() => Assert.Equal(
        "n1 000000000000000a, n3 did not answer", new DigestPoll([(new NodeId(1), 10), (new NodeId(3), null)]).ToString());
}
