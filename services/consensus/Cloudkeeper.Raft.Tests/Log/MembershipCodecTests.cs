namespace Cloudkeeper.Raft.Tests.Log;

public sealed class MembershipCodecTests
{
    private static readonly Membership Joint = new(
    [
        new Member(new NodeId(7), "http://ü:1", IsVoter: true, IsOutgoingVoter: true),
        new Member(new NodeId(1), "http://a:1", IsVoter: true),
        new Member(new NodeId(9), "", IsVoter: false),
        new Member(new NodeId(3), "http://b:1", IsVoter: false, IsOutgoingVoter: true),
    ]);

    /// <summary>These bytes are on disks: they are read for ever.</summary>
    [Fact]
    public void The_format_stays_as_it_is()
    {
        var membership = new Membership(
        [
            new Member(new NodeId(258), "ab", IsVoter: true),
            new Member(new NodeId(1), "", IsVoter: false, IsOutgoingVoter: true),
        ]);
        var bytes = Convert.ToHexString(MembershipCodec.Encode(membership));
        Assert.Equal("0102000100000002000002010000010200" + "6162", bytes);
    }

    [Fact]
    public void A_membership_survives_encoding()
    {
        Assert.True(MembershipCodec.TryDecode(MembershipCodec.Encode(Joint), out var decoded));
        Assert.Equal(Joint, decoded);
        Assert.True(MembershipCodec.TryDecode(MembershipCodec.Encode(Membership.Empty), out decoded));
        Assert.Equal(Membership.Empty, decoded);
    }

    [Fact]
    public void What_was_cut_or_continued_is_refused()
    {
        var bytes = MembershipCodec.Encode(Joint);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(MembershipCodec.TryDecode(bytes.AsSpan(0, length), out _));
        }

        Assert.False(MembershipCodec.TryDecode([.. bytes, 0], out _));
    }

    [Fact]
    public void Whatever_can_be_decoded_encodes_to_the_same_bytes()
    {
        var bytes = MembershipCodec.Encode(Joint);
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var mutated = bytes.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            if (MembershipCodec.TryDecode(mutated, out var membership))
            {
                Assert.Equal(mutated, MembershipCodec.Encode(membership));
            }
        }
    }
}
