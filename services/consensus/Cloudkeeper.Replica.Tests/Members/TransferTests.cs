using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Members;

namespace Cloudkeeper.Replica.Tests.Members;

public sealed class TransferTests
{
    [Theory]
    [InlineData(1, "Done")]
    [InlineData(2, "hand over to n2")]
    [InlineData(3, "Refused unsafe-change n3 cannot lead: it is not reachable.")]
    [InlineData(4, "UnderWay  n4 has not caught up yet.")]
    [InlineData(5, "Refused unsafe-change n5 cannot lead: it does not vote.")]
    [InlineData(6, "Refused member-not-found n6 is not a member of this cluster.")]
    [InlineData(null, "hand over to n2")]
    public void Leadership_goes_to_a_voter_that_is_there_and_knows_nearly_everything(int? target, string expected)
    {
        var facts = Some.Facts("1v 2v 3v 4v 5l", active: "1 2 4 5", lastId: 9);
        NodeId? id = target is { } value ? new NodeId(value) : null;

        Assert.Equal(expected, Some.Phrase(TransferRules.Judge(id, facts, OnlyTwo)));
    }

    [Fact]
    public void A_leader_that_has_not_heard_from_the_target_yet_does_not_refuse_for_good()
    {
        var verdict = TransferRules.Judge(new NodeId(3), Some.Facts("1v 2v 3v", active: "1 2", isYoung: true), OnlyTwo);

        Assert.Equal("UnderWay  n3 has not caught up yet.", Some.Phrase(verdict));
    }

    [Fact]
    public void Without_a_possible_successor_the_leader_stays()
    {
        var verdict = TransferRules.Judge(null, Some.Facts("1v 2l", active: "1 2"), OnlyTwo);

        Assert.Equal("UnderWay  No other voter is there and has caught up.", Some.Phrase(verdict));
    }

    /// <summary>No tick passes: nothing in a transfer may wait for one.</summary>
    [Fact]
    public void A_transfer_needs_no_time_but_that_of_its_messages()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);

        var answer = cluster.Ask(reply => cluster[1].Transfer(new NodeId(3), dryRun: false, reply))();

        Assert.Equal((ChangeStatus.Done, new NodeId(3)), (answer?.Status, answer?.Leader));
        Assert.True(cluster[3].IsServingLeader);
    }

    [Fact]
    public void A_target_that_has_just_died_is_given_up_after_an_election_timeout()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        cluster.Cut(3);

        var answer = cluster.Ask(reply => cluster[1].Transfer(new NodeId(3), dryRun: false, reply));
        var meanwhile = cluster.Ask(reply => cluster[1].Transfer(new NodeId(2), dryRun: false, reply))();
        Assert.Null(answer());
        Assert.Equal(new ChangeOutcome(ChangeStatus.UnderWay, Detail: "Leadership is being handed to n3."), meanwhile);

        for (var ticks = 0; ticks < 10; ticks++)
        {
            cluster.Tick();
        }

        Assert.Equal(
            new ChangeOutcome(ChangeStatus.UnderWay, Detail: "n3 has not taken over in time, n1 leads on."), answer());
        Assert.True(cluster[1].IsServingLeader);
    }

    [Fact]
    public void A_transfer_that_is_over_is_answered_before_the_next_one_begins()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        cluster.Cut(3);
        var first = cluster.Ask(reply => cluster[1].Transfer(new NodeId(3), dryRun: false, reply));
        for (var ticks = 0; ticks < 10; ticks++)
        {
            cluster[1].Tick();
        }

        // In the same turn: nothing has followed from the ticks yet.
        var second = cluster.Ask(reply => cluster[1].Transfer(new NodeId(2), dryRun: false, reply));

        Assert.Equal((ChangeStatus.UnderWay, ChangeStatus.Done), (first()?.Status, second()?.Status));
    }

    /// <summary>Bug B-31: the leader is cut off just when it has sent its request to the successor.</summary>
    [Fact]
    public void B31_a_transfer_is_answered_even_if_no_message_comes_any_more()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        ChangeOutcome? answer = null;
        cluster[1].Transfer(new NodeId(3), dryRun: false, outcome => answer = outcome);
        cluster.DeliverFrom(1);
        cluster.DeliverFrom(3);
        cluster.Cut(1);

        cluster.Until(() => answer is not null);

        Assert.Equal(ChangeOutcome.NotLeader(null), answer);
        Assert.Equal(new NodeId(3), cluster.Leader.Id);
    }

    private static NodeId? OnlyTwo(IEnumerable<Member> members) =>
        members.FirstOrDefault(m => m is { IsVoter: true, Id.Value: 2 })?.Id;
}
