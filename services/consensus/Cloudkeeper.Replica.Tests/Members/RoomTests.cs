using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Commands;
using Cloudkeeper.Replica.Members;
using Cloudkeeper.Storage;

namespace Cloudkeeper.Replica.Tests.Members;

/// <summary>Members whose disk has no room, or hangs.</summary>
public sealed class RoomTests
{
    [Theory]
    [InlineData(StorageRoom.Low)]
    [InlineData(StorageRoom.Full)]
    public void A_leader_without_room_hands_over_and_writes_go_on(StorageRoom room)
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);

        cluster.StopDisk(1);
        cluster[1].Room = room;
        cluster.Until(() => cluster.FindLeader() is { Id.Value: not 1 });

        Assert.Equal(SubmitStatus.Decided, Submit(cluster, cluster.Leader, new OpenSessionCommand(10_000, "a")));
    }

    [Fact]
    public void A_leader_whose_disk_hangs_hands_over_and_waiting_requests_are_answered()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        cluster.StopDisk(1);
        SubmitOutcome? outcome = null;
        cluster[1].Submit(Payload(new OpenSessionCommand(10_000, "a")), o => outcome = o);

        cluster.Until(() => cluster.FindLeader() is { Id.Value: not 1 });

        Assert.True(cluster[1].IsDiskHanging);
        Assert.Equal(SubmitStatus.Unknown, outcome?.Status);
        Assert.Equal(SubmitStatus.Decided, Submit(cluster, cluster.Leader, new OpenSessionCommand(10_000, "a")));
        cluster.ResumeDisk(1);
        cluster.Until(() => cluster[1].AppliedIndex == cluster.Leader.AppliedIndex);
        Assert.False(cluster[1].IsDiskHanging);
    }

    [Fact]
    public void A_disk_that_is_slow_and_one_that_has_nothing_to_do_are_no_reason()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        var term = cluster[1].Term;
        for (var i = 0; i < 4; i++)
        {
            cluster.StopDisk(1);
            cluster[1].Submit(Payload(new OpenLaneCommand()), _ => { });
            Pass(cluster, (4 * RaftOptions.Default.ElectionTicks) - 1);
            cluster.ResumeDisk(1);
            cluster.Settle();
        }

        Pass(cluster, 10 * RaftOptions.Default.ElectionTicks);
        Assert.Equal((new NodeId(1), term), (cluster.Leader.Id, cluster[1].Term));
    }

    /// <summary>What waits at such a leader is answered, so that its gateway asks the next one.</summary>
    [Fact]
    public void A_command_that_waits_at_a_leader_without_room_is_answered_when_it_hands_over()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        cluster.StopDisk(1);
        SubmitOutcome? outcome = null;
        cluster[1].Submit(Payload(new OpenSessionCommand(10_000, "a")), o => outcome = o);
        cluster.Settle();
        Assert.Null(outcome);

        cluster[1].Room = StorageRoom.Full;
        cluster.Until(() => outcome is not null);

        Assert.Equal(SubmitStatus.Unknown, outcome!.Value.Status);
    }

    [Fact]
    public void A_voter_without_room_does_not_take_over()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);

        cluster[2].Room = StorageRoom.Low;
        cluster[1].Room = StorageRoom.Low;
        cluster.Until(() => cluster.FindLeader() is { Id.Value: 3 });
    }

    [Fact]
    public void When_no_voter_has_room_the_leader_stays_and_rarely_asks_again()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        var term = cluster[1].Term;
        for (var id = 1; id <= 3; id++)
        {
            cluster[id].Room = StorageRoom.Low;
        }

        var refused = 0;
        const int Ticks = 250;
        for (var tick = 0; tick < Ticks; tick++)
        {
            cluster.Tick();
            refused += Submit(cluster, cluster[1], new OpenLaneCommand()) == SubmitStatus.Decided ? 0 : 1;
        }

        Assert.Equal((new NodeId(1), term), (cluster.Leader.Id, cluster[1].Term));
        Assert.InRange(refused, 1, 2 * RaftOptions.Default.ElectionTicks);
    }

    [Fact]
    public void A_member_without_room_leads_when_only_such_members_are_left()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        cluster[2].Room = StorageRoom.Low;
        cluster[3].Room = StorageRoom.Low;

        cluster.Cut(1);
        cluster.Until(() => cluster.FindLeader() is { Id.Value: not 1 });

        Assert.Equal(SubmitStatus.Decided, Submit(cluster, cluster.Leader, new CloseSessionCommand(new SessionId(1))));
    }

    [Fact]
    public void Members_come_although_there_is_no_room_for_growth()
    {
        var cluster = SmallCluster.Led("1v 2v 3v", leader: 1);
        for (var id = 1; id <= 3; id++)
        {
            cluster[id].Room = StorageRoom.Low;
        }

        // The leader looks for another one first, for an election timeout each.
        Func<ChangeOutcome?>? answer = null;
        cluster.Until(() =>
        {
            answer = cluster.Ask(reply => cluster.Leader.Announce(Some.Announcement(4, 4), reply));
            return answer() is { Status: ChangeStatus.Done };
        });
        Assert.Equal(new NodeId(4), answer!()!.Node);
    }

    private static void Pass(SmallCluster cluster, int ticks)
    {
        for (var tick = 0; tick < ticks; tick++)
        {
            cluster.Tick();
        }
    }

    private static SubmitStatus? Submit(SmallCluster cluster, ReplicaNode to, Command command)
    {
        SubmitStatus? status = null;
        to.Submit(Payload(command), o => status = o.Status);
        cluster.Settle();
        return status;
    }

    private static byte[] Payload(Command command)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(new byte[EntryPayload.HeaderBytes]);
        CommandCodec.Write(output, new CommandBatch(LaneId.None, 0, [new CommandRequest(0, null, 0, [], command)]));
        return output.WrittenSpan.ToArray();
    }
}
