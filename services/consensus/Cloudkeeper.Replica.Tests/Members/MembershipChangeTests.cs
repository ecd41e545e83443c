using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Tests.Members;

public sealed class MembershipChangeTests
{
    [Fact]
    public void A_cluster_is_founded_by_one_and_grows_as_the_others_arrive()
    {
        var cluster = new SmallCluster("1v 2l? 3l?");
        cluster.Tick();
        Assert.True(cluster[1].IsServingLeader, "the only voter leads at once");
        Assert.Equal([MemberState.Voting, MemberState.Expected, MemberState.Expected], States(cluster));

        var two = Announce(cluster, data: 2, address: 2);
        Assert.Equal((ChangeStatus.Done, new NodeId(2)), (two.Status, two.Node));
        cluster.UntilMembers("1v 2v 3l");

        Assert.Equal(new NodeId(3), Announce(cluster, data: 3, address: 3).Node);
        cluster.UntilMembers("1v 2v 3v");
        Assert.Equal([MemberState.Voting, MemberState.Voting, MemberState.Voting], States(cluster));
    }

    [Fact]
    public void A_new_node_is_given_the_next_id_and_votes_once_it_has_caught_up()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);

        Assert.Equal(new NodeId(4), Announce(cluster, data: 4, address: 4).Node);
        for (var i = 0; i < 50; i++)
        {
            cluster.Tick();
        }

        Assert.Equal("1v 2v 3v 4l", cluster.Leader.Membership.ToString());
        Assert.Equal(MemberState.Unreachable, States(cluster)[3]);

        cluster.StartEmpty(4);
        cluster.UntilMembers("1v 2v 3v 4v");
        cluster.Until(() => cluster[4].Membership.Equals(cluster.Leader.Membership));
    }

    [Fact]
    public void Two_that_have_caught_up_together_are_promoted_together()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        Announce(cluster, data: 4, address: 4);
        Announce(cluster, data: 5, address: 5);

        cluster.StartEmpty(4);
        cluster.StartEmpty(5);
        cluster.Until(() => cluster.Leader.Membership.Members.Count(m => m.IsVoter) > 3);

        Assert.Equal("1v 2v 3v 4v 5v", cluster.Leader.Membership.ToString());
    }

    [Fact]
    public void An_announcement_may_be_repeated()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        Announce(cluster, data: 4, address: 4);
        var last = cluster.Leader.LastIndex;

        var again = Announce(cluster, data: 4, address: 4);

        Assert.Equal((ChangeStatus.Done, new NodeId(4)), (again.Status, again.Node));
        Assert.Equal(last, cluster.Leader.LastIndex);
        Assert.Equal(cluster.Leader.Membership, again.Membership);
    }

    [Fact]
    public void While_one_change_is_under_way_another_waits()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        ChangeOutcome? second = null;
        ChangeOutcome? first = null;

        cluster.Leader.Announce(Some.Announcement(4, 4), o => first = o);
        cluster.Leader.Announce(Some.Announcement(5, 5), o => second = o);

        Assert.Equal(
            new ChangeOutcome(ChangeStatus.UnderWay, Detail: "Another change of the members is under way."), second);
        Assert.Null(first);
        cluster.Settle();
        Assert.Equal(ChangeStatus.Done, first?.Status);
    }

    [Fact]
    public void A_follower_names_the_leader()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        var follower = cluster.Leader.Id.Value == 1 ? 2 : 1;

        var answer = cluster.Ask(reply => cluster[follower].RemoveMembers([new NodeId(3)], dryRun: false, reply))();

        Assert.Equal((ChangeStatus.NotLeader, cluster.Leader.Id), (answer?.Status, answer?.Leader));
    }

    [Fact]
    public void Removing_one_is_done_when_it_is_gone()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);

        var answer = cluster.Ask(reply => cluster.Leader.RemoveMembers([new NodeId(3)], dryRun: false, reply));

        Assert.Equal((ChangeStatus.Done, "1v 2v"), (answer()?.Status, answer()?.Membership?.ToString()));
    }

    [Fact]
    public void Removing_several_is_done_when_the_steward_has_taken_them_out()
    {
        var cluster = SmallCluster.Led("1v 2v 3v 4v 5v", leader: 1);

        var answer = cluster.Ask(
            reply => cluster.Leader.RemoveMembers([new NodeId(4), new NodeId(5)], dryRun: false, reply));
        Assert.Equal((null, "1v 2v 3v 4l- 5l-"), (answer(), cluster.Leader.Membership.ToString()));
        Assert.Equal([MemberState.Leaving, MemberState.Leaving], States(cluster)[3..]);

        cluster.Tick();
        Assert.Equal((ChangeStatus.Done, "1v 2v 3v"), (answer()?.Status, answer()?.Membership?.ToString()));
    }

    /// <summary>Not even time has to pass until the successor leads: everything that is sent has its reason.</summary>
    [Fact]
    public void A_leader_that_is_to_be_removed_hands_over_first()
    {
        var cluster = SmallCluster.Led("1v 2v 3v 4v 5v", leader: 5);
        NodeId[] ids = [new(4), new(5)];

        var answer = cluster.Ask(reply => cluster.Leader.RemoveMembers(ids, dryRun: false, reply));
        var successor = cluster.Leader.Id;
        Assert.Equal((ChangeStatus.NotLeader, successor), (answer()?.Status, answer()?.Leader));
        Assert.DoesNotContain(successor, ids);
        Assert.Equal("1v 2v 3v 4v 5v", cluster.Leader.Membership.ToString());

        // The wish is repeated there. It may be too early by a tick.
        ChangeOutcome? second = null;
        cluster.Until(() =>
        {
            second ??= cluster.Ask(reply => cluster.Leader.RemoveMembers(ids, dryRun: false, reply))();
            return second is { Status: not ChangeStatus.UnderWay } || cluster.Leader.Membership.Members.Count == 3;
        });
        Assert.Equal("1v 2v 3v", cluster.Leader.Membership.ToString());
        Assert.Equal(successor, cluster.Leader.Id);
    }

    [Fact]
    public void A_new_leader_completes_the_change_of_another()
    {
        var cluster = SmallCluster.Led("1v 2v 3v 4v 5v", leader: 1);
        ChangeOutcome? answer = null;
        cluster.Leader.RemoveMembers([new NodeId(4), new NodeId(5)], dryRun: false, o => answer = o);

        // The joint membership is sent and nothing comes back any more.
        cluster.DeliverFrom(1);
        cluster.Cut(1);

        cluster.UntilMembers("1v 2v 3v");
        Assert.NotEqual(new NodeId(1), cluster.Leader.Id);
        cluster.Until(() => answer is not null);
        Assert.Equal(ChangeStatus.NotLeader, answer?.Status);
    }

    /// <summary>Bug B-31: the caller is answered, at any fate of the leader.</summary>
    [Fact]
    public void B31_a_wish_whose_leader_is_cut_off_is_answered_when_it_gives_up()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        cluster.Cut(1);

        var answer = cluster.Ask(reply => cluster[1].RemoveMembers([new NodeId(3)], dryRun: false, reply));
        Assert.Null(answer());

        cluster.Until(() => cluster[1].Role != Role.Leader);
        Assert.Equal(ChangeOutcome.NotLeader(null), answer());
    }

    [Fact]
    public void A_dry_run_changes_nothing()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        var last = cluster.Leader.LastIndex;

        var removal = cluster.Ask(reply => cluster.Leader.RemoveMembers([new NodeId(1)], dryRun: true, reply))();
        var transfer = cluster.Ask(reply => cluster.Leader.Transfer(new NodeId(2), dryRun: true, reply))();
        var arrival = cluster.Ask(reply => cluster.Leader.Announce(Some.Announcement(4, 4), reply, dryRun: true))();

        Assert.All([removal, transfer, arrival], a => Assert.Equal(ChangeStatus.Done, a?.Status));
        Assert.Equal(new NodeId(4), arrival?.Node);
        Assert.Equal((new NodeId(1), last), (cluster.Leader.Id, cluster.Leader.LastIndex));
    }

    [Fact]
    public void A_member_whose_disk_is_lost_is_replaced_and_cannot_vote_before_it_has_caught_up()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        cluster.Cut(3);
        var announcement = Some.Announcement(7, 3) with { Replace = true };

        // First it has to be silent for a while.
        ChangeOutcome? answer = null;
        cluster.Until(() =>
        {
            answer = cluster.Ask(reply => cluster.Leader.Announce(announcement, reply))();
            return answer?.Status != ChangeStatus.UnderWay;
        });
        Assert.Equal((ChangeStatus.Done, new NodeId(4)), (answer?.Status, answer?.Node));
        Assert.Equal("1v 2v 4l", cluster.Leader.Membership.ToString());

        cluster.StartEmpty(4);
        cluster.UntilMembers("1v 2v 4v");
    }

    [Fact]
    public void An_expected_member_holds_no_level_and_must_know_it_when_it_comes()
    {
        var cluster = SmallCluster.Led("1v 2v 3l?", leader: 1);
        Announce(cluster, 1, 1, level: 2);
        Announce(cluster, 2, 2, level: 2);
        cluster.Until(() => cluster[2].Machine.FeatureLevel == 2);

        Assert.Equal(ChangeCodes.TooOld, Announce(cluster, 3, 3, level: 1).Code);
        Assert.Equal(new NodeId(3), Announce(cluster, 3, 3, level: 2).Node);
    }

    [Fact]
    public void A_member_that_goes_back_to_an_older_program_before_the_switch_puts_it_off()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        Announce(cluster, 1, 1, level: 2);
        Announce(cluster, 2, 2, level: 2);
        Assert.Equal(ChangeStatus.Done, Announce(cluster, 2, 2, level: 1).Status);
        Announce(cluster, 3, 3, level: 2);
        for (var i = 0; i < 20; i++)
        {
            cluster.Tick();
        }

        Assert.Equal(FeatureLevels.First, cluster.Leader.Machine.FeatureLevel);
        Announce(cluster, 2, 2, level: 2);
        cluster.Until(() => cluster[3].Machine.FeatureLevel == 2);
        Assert.Equal(ChangeCodes.TooOld, Announce(cluster, 2, 2, level: 1).Code);
    }

    [Fact]
    public void The_cluster_switches_to_a_feature_level_once_all_programs_know_it()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        foreach (var id in (int[])[1, 2])
        {
            Announce(cluster, id, id, level: 2);
            cluster.Tick();
            Assert.Equal(FeatureLevels.First, cluster.Leader.Machine.FeatureLevel);
        }

        Announce(cluster, 3, 3, level: 2);
        cluster.Until(() => cluster[3].Machine.FeatureLevel == 2);

        var old = cluster.Ask(reply => cluster.Leader.Announce(Some.Announcement(4, 4, level: 1), reply))();
        Assert.Equal(ChangeCodes.TooOld, old?.Code);
    }

    private static ChangeOutcome Announce(SmallCluster cluster, int data, int address, int level = 1)
    {
        var answer = cluster.Ask(reply => cluster.Leader.Announce(Some.Announcement(data, address, level), reply))();
        return Assert.IsType<ChangeOutcome>(answer);
    }

    private static List<MemberState> States(SmallCluster cluster) => [.. cluster.Leader.DescribeMembers().Select(m => m.State)];
}
