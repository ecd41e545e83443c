using Cloudkeeper.Hosting.Memory;
using Cloudkeeper.Node.Reads;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Replica.Reads;

namespace Cloudkeeper.Node.Tests.Reads;

/// <summary>What is read in one turn, of all batches together.</summary>
public sealed class ReadQueueTests
{
    private static readonly Revision Now = new(7);
    private static readonly ReadChildrenRequest List = new("10", "", 10, WithValues: false);

    private readonly StoppedTime _time = new();
    private readonly MemoryBudget _memory = new(64 << 20);
    private readonly ReadQueue _queue;
    private TimeSpan _perRead;
    private int _reads;

    public ReadQueueTests() => _queue = new ReadQueue(_time, _memory, Read);

    [Theory]
    [InlineData(1, 300, 1)]
    [InlineData(3, 300, 50)]
    [InlineData(40, 100, 4)]
    [InlineData(200, 1, 900)]
    [InlineData(200, 700, 3)]
    public async Task However_many_batches_wait_a_turn_reads_a_bounded_part_of_them_together(int batches, int kibibytes, int reads)
    {
        var waiting = Enumerable.Range(0, batches).Select(_ => Add(kibibytes << 10, reads)).ToArray();
        var answered = 0;
        for (var turns = 0; answered < batches; turns++)
        {
            Assert.InRange(turns, 0, batches);
            Assert.InRange(_queue.Serve(Now), 1, ReadQueue.TurnBytesMax);

            // In the order in which they came, at least one a turn.
            var now = waiting.TakeWhile(batch => batch.Task.IsCompleted).Count();
            Assert.InRange(now, answered + 1, batches);
            Assert.DoesNotContain(waiting[now..], batch => batch.Task.IsCompleted);
            foreach (var batch in waiting[answered..now])
            {
                var outcome = await batch.Task;
                outcome.Lease?.Dispose();
                Assert.Equal((ReadStatus.Ready, Now), (outcome.Status, outcome.Revision));
                Assert.InRange(outcome.Results!.Count, 1, reads);
            }

            answered = now;
        }

        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task A_read_that_is_larger_than_a_turn_has_one_of_its_own()
    {
        var small = Add(100 << 10, 1);
        var large = Add(2 << 20, 5);
        var after = Add(100 << 10, 1);

        Assert.InRange(_queue.Serve(Now), 100 << 10, 101 << 10);
        Assert.True(small.Task.IsCompleted);
        Assert.False(large.Task.IsCompleted);
        Assert.InRange(_queue.Serve(Now), 2 << 20, (2 << 20) + 1_024);
        using var lease = (await large.Task).Lease;
        Assert.Single((await large.Task).Results!);
        Assert.False(after.Task.IsCompleted);
        _queue.Serve(Now);
        Assert.True(after.Task.IsCompleted);
    }

    [Fact]
    public async Task No_list_and_no_batch_begins_in_a_turn_that_has_lasted_two_milliseconds()
    {
        _perRead = TimeSpan.FromMilliseconds(0.5);
        var waiting = Enumerable.Range(0, 3).Select(_ => Add([.. Enumerable.Repeat(List, 3)])).ToArray();

        _queue.Serve(Now);
        Assert.Equal(4, _reads);
        _queue.Serve(Now);
        var outcomes = await Task.WhenAll(waiting.Select(batch => batch.Task));
        Assert.Equal([3, 1, 3], outcomes.Select(outcome => outcome.Results!.Count));

        // However long one takes, each turn gets on.
        _perRead = TimeSpan.FromSeconds(1);
        var slow = Add([List, List]);
        _queue.Serve(Now);
        Assert.Single((await slow.Task).Results!);
    }

    [Fact]
    public async Task A_read_of_some_nodes_is_answered_at_once_and_one_of_very_many_in_parts()
    {
        _perRead = TimeSpan.FromMilliseconds(0.1);
        var some = Add(10, 100);
        var many = Add(10, 1_000);
        _queue.Serve(Now);
        Assert.Equal(100, (await some.Task).Results!.Count);
        Assert.False(many.Task.IsCompleted);
        _queue.Serve(Now);
        Assert.Equal(256, (await many.Task).Results!.Count);
    }

    [Fact]
    public async Task A_read_as_large_as_the_last_one_is_not_made_in_vain()
    {
        var listings = Add(600 << 10, 5);
        _queue.Serve(Now);
        using var lease = (await listings.Task).Lease;
        Assert.Equal(1, _reads);
    }

    [Fact]
    public async Task Beyond_a_bound_batches_are_refused_at_once()
    {
        for (var i = 0; i < ReadQueue.WaitingMax; i++)
        {
            Assert.False(Add(10, 1).Task.IsCompleted);
        }

        Assert.Equal(ReadStatus.Overloaded, (await Add(10, 1).Task).Status);
        Assert.Equal(ReadQueue.WaitingMax, _queue.Count);
    }

    [Fact]
    public async Task A_read_that_fails_fails_alone_and_ends_nothing()
    {
        var failing = new ReadNodeRequest("/fails", WithValue: false);
        var first = Add([Node(10), failing, Node(10)]);
        var second = Add([failing, Node(10)]);
        var third = Add(10, 2);
        _queue.Serve(Now);

        Assert.Single((await first.Task).Results!);
        Assert.IsType<InvalidOperationException>((await second.Task).Failure);
        Assert.Equal(2, (await third.Task).Results!.Count);
    }

    [Fact]
    public async Task Reads_that_fail_take_their_time_as_well()
    {
        _perRead = TimeSpan.FromMilliseconds(1);
        var waiting = Enumerable.Range(0, 5).Select(_ => Add([new ReadNodeRequest("/fails", WithValue: false)])).ToArray();
        _queue.Serve(Now);
        Assert.Equal(2, waiting.Count(batch => batch.Task.IsCompleted));
        Assert.NotNull((await waiting[0].Task).Failure);
    }

    [Fact]
    public async Task A_batch_without_a_waiting_client_is_not_read()
    {
        using var gone = new CancellationTokenSource();
        var abandoned = new WaitingReads([Node(10)], gone.Token);
        _queue.Add(abandoned);
        var other = Add(10, 1);
        await gone.CancelAsync();
        _queue.Serve(Now);

        Assert.Equal(1, _reads);
        Assert.Equal(ReadStatus.Ready, (await other.Task).Status);
        Assert.Null((await abandoned.Task).Results);
    }

    [Fact]
    public async Task Answers_that_are_not_sent_yet_are_bounded_together()
    {
        var bytes = 0L;
        var leases = new List<MemoryLease>();
        while (true)
        {
            var batch = Add(1_000 << 10, 1);
            _queue.Serve(Now);
            var outcome = await batch.Task;
            if (outcome.Status == ReadStatus.Overloaded)
            {
                break;
            }

            bytes += outcome.Lease!.Bytes;
            leases.Add(outcome.Lease);
            Assert.Equal(bytes, _memory.UsedBy(MemoryUse.Answers));
            Assert.InRange(bytes, 1, _memory.ShareBytesMax);
        }

        // What is small does not count, and goes on.
        var small = Add(10, 1);
        _queue.Serve(Now);
        Assert.Equal(ReadStatus.Ready, (await small.Task).Status);

        leases.ForEach(lease => lease.Dispose());
        Assert.Equal(0, _memory.Used);
    }

    private static ReadNodeRequest Node(int bytes) =>
        new(bytes.ToString(System.Globalization.CultureInfo.InvariantCulture), WithValue: true);

    private WaitingReads Add(int bytes, int reads) => Add([.. Enumerable.Repeat(Node(bytes), reads)]);

    private WaitingReads Add(ReadRequest[] requests)
    {
        var batch = new WaitingReads(requests, CancellationToken.None);
        _queue.Add(batch);
        return batch;
    }

    private ReadNodeResult Read(ReadRequest request)
    {
        _reads++;
        _time.Now += _perRead;
        var path = (request as ReadNodeRequest)?.Path ?? "10";
        return path == "/fails"
            ? throw new InvalidOperationException("It fails.")
            : new ReadNodeResult(
                ResultCode.Ok, null, "", new byte[int.Parse(path, System.Globalization.CultureInfo.InvariantCulture)], Revision.Zero);
    }

    private sealed class StoppedTime : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
