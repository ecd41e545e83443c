using System.Buffers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Replica.Commands;
using Cloudkeeper.Replica.Reads;
using Cloudkeeper.Replica.Tests.Members;

namespace Cloudkeeper.Replica.Tests;

/// <summary>What a read that begins now has to reflect.</summary>
public sealed class ReadPointTests
{
    private readonly SmallCluster _cluster = SmallCluster.Led("1v 2v 3v", leader: 1);

    [Fact]
    public void A_leader_that_has_applied_everything_names_the_revision_at_which_the_question_arrived()
    {
        Write("/before");
        var arrived = _cluster[1].Machine.Revision;

        var answer = Ask();
        Write("/after");
        Assert.True(_cluster[1].Machine.Revision > arrived);

        Assert.Equal((ReadStatus.Ready, arrived), answer());
    }

    /// <summary>
    /// Seed 4000190 of the simulation: a gateway had answered with a change that its follower had applied, and another one,
    /// asked afterwards, without it.
    /// </summary>
    [Fact]
    public void Entries_that_followers_have_applied_count_while_the_disk_of_the_leader_is_slow()
    {
        _cluster.StopDisk(1);
        Write("/seen");
        _cluster.Settle();
        var seen = _cluster[2].Machine.Revision;
        Assert.True(seen > _cluster[1].Machine.Revision, "No follower is ahead of the leader.");

        var answer = Ask();
        _cluster.Settle();
        Assert.Null(answer());

        _cluster.ResumeDisk(1);
        _cluster.Settle();
        Assert.Equal((ReadStatus.Ready, seen), answer());
    }

    private Func<(ReadStatus Status, Revision Revision)?> Ask()
    {
        (ReadStatus, Revision)? answer = null;
        _cluster[1].ReadPoint((status, revision) => answer = (status, revision));
        return () => answer;
    }

    private void Write(string path)
    {
        var payload = new ArrayBufferWriter<byte>();
        payload.Write(new byte[EntryPayload.HeaderBytes]);
        CommandCodec.Write(
            payload,
            new CommandBatch(
                LaneId.None, 0, [new CommandRequest(0, null, UInt128.Zero, [], new MutationCommand(new AddOperation(path, 1)))]));
        SubmitStatus? refused = null;
        _cluster[1].Submit(payload.WrittenSpan.ToArray(), o => refused = o.Status == SubmitStatus.Decided ? null : o.Status);
        _cluster.Settle();
        Assert.Null(refused);
    }
}
