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

    private static readonly Membership Newer = new(
        Joint.Members.Select(m => m with { Level = m.Id.Value, IsLeaving = m.IsOutgoingVoter }), new NodeId(12));

    public static TheoryData<int> Both => [1, 2];

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
    public void The_format_of_members_with_an_instance_stays_as_it_is()
    {
        var instance = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        var membership = new Membership(
            [new Member(new NodeId(2), "ab", IsVoter: true) { Instance = instance, Level = 3, IsLeaving = true }],
            lastId: new NodeId(258));
        var bytes = Convert.ToHexString(MembershipCodec.Encode(membership));
        Assert.Equal("02020100000100" + "02000000" + "05" + "0300" + "33221100554477668899AABBCCDDEEFF" + "02006162", bytes);
    }

    [Fact]
    public void Content_that_only_the_newer_version_can_express_is_written_in_it()
    {
        var plain = new Member(new NodeId(1), "a", IsVoter: true);
        foreach (var member in (Member[])[plain with { Level = 1 }, plain with { IsLeaving = true },
            plain with { Instance = new Guid("00112233-4455-6677-8899-aabbccddeeff") }])
        {
            var bytes = MembershipCodec.Encode(new Membership([member]));
            Assert.Equal(2, bytes[0]);
            Assert.True(MembershipCodec.TryDecode(bytes, out var decoded));
            Assert.Equal(member, decoded.Members[0]);
        }
    }

    [Fact]
    public void A_membership_survives_encoding()
    {
        Assert.True(MembershipCodec.TryDecode(MembershipCodec.Encode(Joint), out var decoded));
        Assert.Equal(Joint, decoded);
        Assert.True(MembershipCodec.TryDecode(MembershipCodec.Encode(Membership.Empty), out decoded));
        Assert.Equal(Membership.Empty, decoded);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Cut_or_continued_bytes_are_refused(int version)
    {
        var bytes = MembershipCodec.Encode(version == 1 ? Joint : Newer);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(MembershipCodec.TryDecode(bytes.AsSpan(0, length), out _));
        }

        Assert.False(MembershipCodec.TryDecode([.. bytes, 0], out _));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void All_that_can_be_decoded_encodes_to_the_same_bytes(int version)
    {
        var bytes = MembershipCodec.Encode(version == 1 ? Joint : Newer);
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
