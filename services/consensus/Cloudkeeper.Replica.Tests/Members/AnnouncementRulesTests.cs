using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Replica.Tests.Members;

public sealed class AnnouncementRulesTests
{
    private const string Lost = "has this address, and other data: if its data is lost, let this node replace it; "
        + "if it is still there, give this node an address of its own.";

    /// <summary>The announced node: the number of its data, of its address, and the id on its disk (0: none).</summary>
    [Theory]
    [InlineData("a stranger", 7, 7, 0, false, "propose 1v 2v 3v 4l? 8l for n8")]
    [InlineData("a stranger that would replace no member", 7, 7, 0, true, "propose 1v 2v 3v 4l? 8l for n8")]
    [InlineData("an expected one", 7, 4, 0, false, "propose 1v 2v 3v 4l for n4")]
    [InlineData("an expected one that would replace itself", 7, 4, 0, true, "propose 1v 2v 3v 4l for n4")]
    [InlineData("an expected one that knows its id", 7, 4, 4, false, "propose 1v 2v 3v 4l for n4")]
    [InlineData("a member", 2, 2, 2, false, "Done n2")]
    [InlineData("a member that does not know its id yet", 2, 2, 0, false, "Done n2")]
    [InlineData("a member whose replacement was answered before", 3, 3, 2, true, "Done n3")]
    [InlineData(
        "a member that has moved by its own announcement", 2, 7, 2, false,
        "UnderWay  The process at http://127.0.0.1:7002 has to be identified first.")]
    [InlineData("the leader itself, at another address", 1, 7, 1, false, "propose 1v 2v 3v 4l? for n1")]
    [InlineData(
        "a member at another's address", 2, 3, 2, false,
        "Refused address-taken n3 has this address: give this node another one, or remove n3 first.")]
    [InlineData(
        "a removed one", 7, 7, 5, false,
        "Refused removed n5 was removed from this cluster: start the node with an empty data directory to let it join anew.")]
    [InlineData("one that a later leader has taken in", 8, 8, 8, false, "UnderWay  n8 is not known here yet.")]
    [InlineData(
        "a removed one that would take another's place", 7, 3, 5, true,
        "Refused removed n5 was removed from this cluster: start the node with an empty data directory to let it join anew.")]
    [InlineData(
        "one with the id of a member and other data", 7, 7, 3, false,
        "Refused removed n3 was removed from this cluster: start the node with an empty data directory to let it join anew.")]
    [InlineData("an empty disk at a member's address", 7, 3, 0, false, "Refused disk-lost n3 " + Lost)]
    [InlineData("a replacement by address", 7, 3, 0, true, "propose 1v 2v 4l? 8l for n8")]
    [InlineData("a replacement by id", 7, 3, 3, true, "propose 1v 2v 4l? 8l for n8")]
    [InlineData("a replacement by id at a new address", 7, 7, 3, true, "propose 1v 2v 4l? 8l for n8")]
    [InlineData(
        "a replacement at another's address", 7, 2, 3, true,
        "Refused address-taken n2 has this address: give this node another one, or remove n2 first.")]
    [InlineData(
        "a replacement of one that is there", 7, 2, 2, true,
        "UnderWay  n2 may still be there: it is replaced once it has been silent for a while.")]
    public void A_node_is_recognised(string who, int data, int address, int id, bool replace, string expected)
    {
        var facts = Some.Facts("1v 2v 3v 4l?", active: "1 2", lastId: 7);
        NodeId? node = id == 0 ? null : new NodeId(id);
        var cluster = node is null ? default(Guid?) : Some.Cluster;
        var announcement = new Announcement(cluster, node, Some.InstanceOf(data), Some.AddressOf(address), 1, replace);

        Assert.Equal((who, expected), (who, Phrase(AnnouncementRules.Judge(announcement, facts))));
    }

    /// <summary>n2 is active, n3 is not; each announces itself at another address.</summary>
    [Theory]
    [InlineData(3, Occupant.Nobody, false, "propose 1v 2v 3v for n3")]
    [InlineData(3, Occupant.Nobody, true, "UnderWay  n3 may still be at http://127.0.0.1:7003: it moves once it has been silent there for a while.")]
    [InlineData(2, Occupant.Nobody, false, "UnderWay  n2 may still be at http://127.0.0.1:7002: it moves once it has been silent there for a while.")]
    [InlineData(2, Occupant.Announcer, false, "propose 1v 2v 3v for n2")]
    [InlineData(2, Occupant.AnotherProcess, false, "Refused copied-data n2 runs at http://127.0.0.1:7002, and the data directory of this node is a copy")]
    [InlineData(3, Occupant.AnotherProcess, false, "Refused copied-data n3 runs at http://127.0.0.1:7003, and the data directory of this node is a copy")]
    [InlineData(1, Occupant.AnotherProcess, false, "Refused copied-data n1 runs at http://127.0.0.1:7001, and the data directory of this node is a copy")]
    public void A_data_directory_moves_only_with_its_process(int data, Occupant found, bool isYoung, string expected)
    {
        var announcement = Some.Announcement(data, 7) with { Former = new FormerAddress(Some.AddressOf(data), found) };

        var phrase = Phrase(AnnouncementRules.Judge(announcement, Some.Facts("1v 2v 3v", active: "1 2", isYoung: isYoung)));

        Assert.StartsWith(expected, phrase, StringComparison.Ordinal);
    }

    /// <summary>Its log ends before what it has acknowledged: it would vote for a candidate that lacks that.</summary>
    [Theory]
    [InlineData(99, "Refused outdated-data The data of n3 ends at entry 99 here, and it has acknowledged entry 100")]
    [InlineData(100, "propose 1v 2v 3v for n3")]
    public void An_older_copy_of_a_data_directory_does_not_move(long last, string expected)
    {
        var facts = Some.Facts("1v 2v 3v", active: "1 2") with { MatchOf = _ => new LogIndex(100) };
        var announcement = Some.Announcement(3, 7) with
        {
            Former = new FormerAddress(Some.AddressOf(3), Occupant.Nobody),
            LastIndex = new LogIndex(last),
        };

        Assert.StartsWith(expected, Phrase(AnnouncementRules.Judge(announcement, facts)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_at_an_earlier_address_does_not_count()
    {
        var announcement = Some.Announcement(3, 7) with { Former = new FormerAddress(Some.AddressOf(9), Occupant.Nobody) };

        Assert.Equal(ChangeStatus.UnderWay, AnnouncementRules.Judge(announcement, Some.Facts("1v 2v 3v", active: "1 2")).Answer?.Status);
    }

    [Fact]
    public void A_replacement_that_would_cost_the_majority_is_refused()
    {
        var facts = Some.Facts("1v 2v 3v", active: "1");
        var announcement = new Announcement(null, null, Some.InstanceOf(7), Some.AddressOf(3), 1, Replace: true);

        Assert.Equal(
            "Refused unsafe-change n3 cannot be replaced: 2 of the remaining 2 voters would be needed and only n1 is reachable",
            Phrase(AnnouncementRules.Judge(announcement, facts)));
    }

    [Fact]
    public void A_leader_that_has_not_heard_from_all_yet_replaces_no_member()
    {
        var facts = Some.Facts("1v 2v 3v", active: "1 2", isYoung: true);
        var announcement = new Announcement(null, null, Some.InstanceOf(7), Some.AddressOf(3), 1, Replace: true);

        Assert.Equal(ChangeStatus.UnderWay, AnnouncementRules.Judge(announcement, facts).Answer?.Status);
    }

    [Fact]
    public void Data_of_another_cluster_is_sent_away()
    {
        var announcement = new Announcement(Some.InstanceOf(9), new NodeId(2), Some.InstanceOf(2), Some.AddressOf(2), 1);

        Assert.Equal(
            $"Refused wrong-cluster This is cluster {Some.Cluster:N}, the data of the node belongs to cluster "
            + $"{Some.InstanceOf(9):N}: start it with an address of its own cluster, or with an empty data directory.",
            Phrase(AnnouncementRules.Judge(announcement, Some.Facts("1v 2v", active: "1 2"))));
    }

    [Theory]
    [InlineData(7, 7)]
    [InlineData(2, 2)]
    [InlineData(7, 4)]
    public void A_program_that_does_not_know_the_clusters_level_is_refused(int data, int address)
    {
        var announcement = new Announcement(null, null, Some.InstanceOf(data), Some.AddressOf(address), 1);
        var facts = Some.Facts("1v 2v 3v 4l?", active: "1 2") with { FeatureLevel = 2 };

        var verdict = AnnouncementRules.Judge(announcement with { Level = data == 2 ? 0 : 1 }, facts);
        Assert.StartsWith("Refused too-old The cluster uses feature level 2", Phrase(verdict), StringComparison.Ordinal);
    }

    [Fact]
    public void An_announcement_that_cannot_stand_in_a_membership_is_refused()
    {
        var fine = new Announcement(null, null, Some.InstanceOf(7), Some.AddressOf(7), 1);
        Announcement[] malformed =
        [
            fine with { Instance = Guid.Empty },
            fine with { Address = "" },
            fine with { Address = "127.0.0.1" },
            fine with { Address = "http://\uD800" },
            fine with { Address = "http://a/" + new string('x', MembershipCodec.AddressBytesMax) },
            fine with { Level = -1 },
            fine with { Level = 70_000 },
        ];

        Assert.All(malformed, m => Assert.Equal(
            ChangeCodes.InvalidAnnouncement, AnnouncementRules.Judge(m, Some.Facts("1v", active: "1")).Answer?.Code));
    }

    [Fact]
    public void A_new_member_has_the_announced_properties()
    {
        var announcement = new Announcement(null, null, Some.InstanceOf(7), Some.AddressOf(7), 3);

        var verdict = AnnouncementRules.Judge(announcement, Some.Facts("1v 2l", active: "1 2", lastId: 5));

        Assert.Equal(
            new Member(new NodeId(6), Some.AddressOf(7), IsVoter: false) { Instance = Some.InstanceOf(7), Level = 3 },
            verdict.Next?.Find(new NodeId(6)));
    }

    [Fact]
    public void No_more_than_nine_members_wait_for_their_votes()
    {
        var announcement = new Announcement(null, null, Some.InstanceOf(77), Some.AddressOf(77), 1);
        var eight = "1v " + string.Join(' ', Enumerable.Range(2, 8).Select(id => $"{id}l"));

        Assert.NotNull(AnnouncementRules.Judge(announcement, Some.Facts(eight, active: "1")).Next);
        var tenth = AnnouncementRules.Judge(announcement, Some.Facts(eight + " 10l", active: "1")).Answer;
        Assert.Equal((ChangeStatus.Refused, ChangeCodes.UnsafeChange), (tenth?.Status, tenth?.Code));
        Assert.Contains("9 members do not vote yet", tenth?.Detail, StringComparison.Ordinal);
    }

    /// <summary>A learner that is expected still is marked as such.</summary>
    private static string Phrase(Verdict verdict)
    {
        var phrase = Some.Phrase(verdict);
        return verdict.Next?.Find(new NodeId(4)) is { } four && four.Instance == Guid.Empty
            ? phrase.Replace("4l", "4l?", StringComparison.Ordinal)
            : phrase;
    }
}
