using Cloudkeeper.Protocol;
using Cloudkeeper.Raft;
using Cloudkeeper.Replica.Reads;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Replica.Tests;

public sealed class PendingReadsTests
{
    private readonly StateMachine _machine = new(StateMachineOptions.Default);
    private readonly PendingReads _reads = new();
    private readonly List<ReadStatus> _answers = [];

    /// <summary>They stand behind those in the order of revisions, and would have used up the limit for all.</summary>
    [Fact]
    public void Reads_that_were_given_up_count_no_more_while_one_waits_for_an_earlier_revision()
    {
        for (var now = 0; now < 5_000; now++)
        {
            Await(revision: 1, deadline: now + 10);
            Await(revision: 1_000, deadline: now + 10);
            Serve(now);
            Assert.InRange(_reads.Count, 1, 20);
        }

        Serve(5_010);
        Assert.Equal((10_000, 0), (_answers.Count, _reads.Count));
        Assert.All(_answers, status => Assert.Equal(ReadStatus.RevisionNotReached, status));
    }

    [Fact]
    public void Every_read_is_answered_once_however_many_were_answered_before()
    {
        for (var i = 0; i < 3_000; i++)
        {
            var deadline = i < 1_000 ? 20 : 30;
            Await(revision: 0, deadline);
            Await(revision: 1 + (i % 7), deadline);
        }

        Serve(0);
        Assert.Equal((3_000, 3_000), (_answers.Count, _reads.Count));
        Serve(20);
        Assert.Equal((4_000, 2_000), (_answers.Count, _reads.Count));
        Serve(30);
        Assert.Equal((6_000, 0), (_answers.Count, _reads.Count));
        Assert.Equal(3_000, _answers.Count(status => status == ReadStatus.Ready));
    }

    private void Await(long revision, long deadline) =>
        _reads.AwaitRevision(new Revision(revision), deadline, outcome => _answers.Add(outcome.Status));

    private void Serve(long now) => _reads.Serve(_machine, LogIndex.Zero, now, minRevisionWait: 0);
}
