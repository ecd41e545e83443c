using Cloudkeeper.Coherence.Delivery;
using System.Net;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudkeeper.Gateway.Tests.Upstream;

/// <summary>How much goes into one batch, and what becomes of one that a node does not take.</summary>
public sealed class BatchSizeTests : IDisposable
{
    private const int OldNodesBytesMax = 5 << 20;

    private readonly ScriptedCluster _cluster = new();
    private readonly GatewayMetrics _metrics = new();

    public static TheoryData<int> Sums => [4_900, 5_000, 5_100, 7_900, 8_000, 8_192, 30_000];

    public void Dispose() => _metrics.Dispose();

    [Theory]
    [MemberData(nameof(Sums))]
    public async Task No_batch_is_larger_than_a_node_takes(int kibibytes)
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        _cluster.BodyBytes.Clear();
        var codes = await WhileHeldAsync(() => Parts(kibibytes << 10).Select((bytes, i) => WriteAsync(nodes, $"/n{i}", bytes)));

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
        Assert.InRange(_cluster.BodyBytes.Max(), 1, Limits.BatchBytesMax);

        // As full as they may be: not one more than is needed, besides the first that went alone.
        Assert.InRange(_cluster.BodyBytes.Count, 1, 2 + (kibibytes / (7 << 10)));
    }

    [Theory]
    [MemberData(nameof(Sums))]
    public async Task A_batch_that_is_too_large_for_a_node_goes_in_parts_and_each_command_is_executed_once(int kibibytes)
    {
        _cluster.BodyBytesMax = OldNodesBytesMax;
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        var codes = await WhileHeldAsync(() =>
            Parts(kibibytes << 10).Select((bytes, i) => WriteAsync(nodes, $"/n{i}", bytes))
                .Concat(Enumerable.Range(0, 20).Select(_ => AddAsync(nodes))));

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
        Assert.Equal("20", Text("/counter"));
    }

    [Fact]
    public async Task Two_transactions_of_the_largest_size_are_two_batches()
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        var codes = await WhileHeldAsync(() => Enumerable.Range(0, 2).Select(i => ExecuteAsync(nodes, new TransactionCommand(
            [],
            [.. Enumerable.Range(0, 4).Select(j => new WriteOperation($"/t{i}-{j}", new byte[(1 << 20) - 100], "x"))],
            []))));

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
    }

    [Fact]
    public async Task A_command_that_alone_is_too_large_for_a_node_is_refused_alone()
    {
        _cluster.BodyBytesMax = 1 << 20;
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        var large = Task.CompletedTask;
        var codes = await WhileHeldAsync(() =>
        {
            var before = Enumerable.Range(0, 5).Select(_ => AddAsync(nodes)).ToArray();
            large = WriteAsync(nodes, "/large", 1 << 20);
            return before.Concat(Enumerable.Range(0, 5).Select(_ => AddAsync(nodes)).ToArray());
        });

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
        Assert.Same(ErrorKinds.BodyTooLarge, (await Assert.ThrowsAsync<ProblemException>(() => large)).Problem.Kind);
        Assert.Equal("10", Text("/counter"));
    }

    [Fact]
    public async Task With_little_room_growth_is_refused_and_a_deletion_of_the_same_batch_gets_through()
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        await WriteAsync(nodes, "/second", 1);
        _cluster.HasLittleRoom = true;
        var growth = new List<Task<ResultCode>>();
        var codes = await WhileHeldAsync(() =>
        {
            growth.Add(WriteAsync(nodes, "/a", 1));
            var deletions = new List<Task<ResultCode>> { DeleteAsync(nodes, "/first") };
            growth.Add(WriteAsync(nodes, "/b", 1));
            deletions.Add(DeleteAsync(nodes, "/second"));
            return deletions;
        });

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
        foreach (var write in growth)
        {
            Assert.Same(ErrorKinds.StorageFull, (await Assert.ThrowsAsync<ProblemException>(() => write)).Problem.Kind);
        }
    }

    /// <summary>Found by the simulation: it was sent again and again as it was until the time of all in it was up.</summary>
    [Theory]
    [InlineData(nameof(Fate.LostOnTheWay), 1)]
    [InlineData(nameof(Fate.AnswerLost), 1)]
    [InlineData(nameof(Fate.LostOnTheWay), 3)]
    [InlineData(nameof(Fate.AnswerLost), 3)]
    public async Task A_batch_without_an_answer_that_is_too_much_then_goes_in_parts_and_each_command_is_executed_once(
        string fate, int commandsMax)
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        LoseOnce(Enum.Parse<Fate>(fate), () => _cluster.CommandsMax = commandsMax);
        var codes = await WhileHeldAsync(() => Enumerable.Range(0, 11).Select(_ => AddAsync(nodes)));

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
        Assert.Equal("11", Text("/counter"));
        Assert.Equal(ResultCode.Ok, await AddAsync(nodes));
        Assert.Equal("12", Text("/counter"));
    }

    [Theory]
    [InlineData(nameof(Fate.LostOnTheWay))]
    [InlineData(nameof(Fate.AnswerLost))]
    public async Task A_batch_without_an_answer_for_which_there_is_no_room_then_gets_its_deletions_through(string fate)
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        await WriteAsync(nodes, "/second", 1);
        await WriteAsync(nodes, "/third", 1);
        LoseOnce(Enum.Parse<Fate>(fate), () => _cluster.HasLittleRoom = true);
        var growth = new List<Task<ResultCode>>();
        var codes = await WhileHeldAsync(() =>
        {
            var deletions = new List<Task<ResultCode>> { DeleteAsync(nodes, "/first") };
            growth.Add(WriteAsync(nodes, "/a", 1));
            deletions.Add(DeleteAsync(nodes, "/second"));
            growth.Add(WriteAsync(nodes, "/b", 1));
            deletions.Add(DeleteAsync(nodes, "/third"));
            return deletions;
        });

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
        foreach (var write in growth)
        {
            Assert.Same(ErrorKinds.OutcomeUnknown, (await Assert.ThrowsAsync<ProblemException>(() => write)).Problem.Kind);
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task A_read_that_a_node_does_not_understand_or_at_which_it_fails_fails_alone(HttpStatusCode status)
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        _cluster.Objects = requests => requests.Any(r => r is ReadNodeRequest { Path: "/odd" }) ? status : null;
        var odd = Task.CompletedTask;
        var codes = await WhileHeldAsync(() =>
        {
            var before = Enumerable.Range(0, 40).Select(_ => ReadAsync(nodes, "/first")).ToArray();
            odd = ReadAsync(nodes, "/odd");
            return before.Concat(Enumerable.Range(0, 40).Select(_ => ReadAsync(nodes, "/first")).ToArray());
        });

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
        Assert.Same(ErrorKinds.InternalError, (await Assert.ThrowsAsync<ProblemException>(() => odd)).Problem.Kind);
    }

    /// <summary>It may have failed behind the log: "try again" without a key would do it twice.</summary>
    [Fact]
    public async Task A_command_at_which_a_node_has_failed_has_an_unknown_outcome()
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        _cluster.Decide = _ => Fate.Failed;
        var e = await Assert.ThrowsAsync<ProblemException>(() => AddAsync(nodes));
        Assert.Same(ErrorKinds.OutcomeUnknown, e.Problem.Kind);
        _cluster.Decide = _ => Fate.Answered;
        Assert.Equal(ResultCode.Ok, await AddAsync(nodes));
    }

    [Fact]
    public async Task Transactions_that_read_go_together_as_long_as_the_answer_stays_small()
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        _cluster.BatchSizes.Clear();
        var reading = new TransactionCommand([], [.. Enumerable.Repeat(new GetOperation("/first"), 16)], []);
        var codes = await WhileHeldAsync(() => Enumerable.Range(0, 21).Select(_ => ExecuteAsync(nodes, reading)));

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));
        Assert.Equal(4, _cluster.BatchSizes.Max());
    }

    [Fact]
    public async Task Reads_that_a_node_answers_in_parts_do_not_travel_again_and_again()
    {
        _cluster.ReadsAnsweredMax = 1;
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        _cluster.ReadsAsked = 0;
        var codes = await WhileHeldAsync(() => Enumerable.Range(0, 1_000).Select(_ => ReadAsync(nodes, "/first")));

        Assert.All(codes, code => Assert.Equal(ResultCode.Ok, code));

        // The first batch of 999 asks for all; each one after it for two at a time.
        Assert.InRange(_cluster.ReadsAsked, 1_000, 4_000);
    }

    [Fact]
    public async Task Large_lists_do_not_delay_reads_of_one_node()
    {
        var nodes = Create();
        await WriteAsync(nodes, "/first", 1);
        HttpStatusCode? fate = HttpStatusCode.TooManyRequests;
        _cluster.Objects = requests => requests[0].IsList ? fate : null;
        var lists = Enumerable.Range(0, 100).Select(_ => ListAsync(nodes)).ToArray();

        Assert.Equal(ResultCode.Ok, await ReadAsync(nodes, "/first"));
        Assert.DoesNotContain(lists, list => list.IsCompleted);
        fate = null;
        Assert.All(await Task.WhenAll(lists), code => Assert.Equal(ResultCode.Ok, code));
    }

    [Fact]
    public void A_batch_grows_again_once_nodes_take_it_whole()
    {
        var length = new BatchLength();
        length.Answered(3, 100);
        Assert.Equal(6, length.Max);
        length.Refused(6);
        Assert.Equal(3, length.Max);
        length.Refused(1);
        Assert.Equal(1, length.Max);
        for (var i = 0; i < 12; i++)
        {
            length.Answered(length.Max, length.Max);
        }

        Assert.Equal(Limits.BatchItemsMax, length.Max);
    }

    /// <summary>The first batch of several commands gets no answer.</summary>
    private void LoseOnce(Fate fate, Action afterwards)
    {
        var isLost = false;
        _cluster.Decide = _ =>
        {
            if (isLost)
            {
                afterwards();
            }

            var isNow = !isLost && _cluster.CommandsAsked > 1;
            isLost |= isNow;
            return isNow ? fate : Fate.Answered;
        };
    }

    /// <summary>Values of 1 MiB and what is left.</summary>
    private static IEnumerable<int> Parts(int sum)
    {
        for (var left = sum; left > 0; left -= Limits.ValueBytesMax)
        {
            yield return Math.Min(left, Limits.ValueBytesMax);
        }
    }

    private static Task<ResultCode> WriteAsync(HttpNodes nodes, string path, int bytes) =>
        ExecuteAsync(nodes, new MutationCommand(new WriteOperation(path, new byte[bytes], "application/octet-stream")));

    private static Task<ResultCode> DeleteAsync(HttpNodes nodes, string path) =>
        ExecuteAsync(nodes, new MutationCommand(new DeleteOperation(path)));

    private static Task<ResultCode> AddAsync(HttpNodes nodes) =>
        ExecuteAsync(nodes, new MutationCommand(new AddOperation("/counter", 1)));

    private static async Task<ResultCode> ExecuteAsync(HttpNodes nodes, Command command) =>
        (await nodes.ExecuteAsync(new CommandRequest(0, null, UInt128.Zero, [], command), null)).Code;

    private static async Task<ResultCode> ReadAsync(HttpNodes nodes, string path)
    {
        var answer = await nodes.ReadAsync(new ReadNodeRequest(path, false), ReadConsistency.Linearizable, Revision.Zero);
        return answer.Result.Code;
    }

    private static async Task<ResultCode> ListAsync(HttpNodes nodes)
    {
        var request = new ReadChildrenRequest("/", "", 10, WithValues: false);
        return (await nodes.ReadAsync(request, ReadConsistency.Linearizable, Revision.Zero)).Result.Code;
    }

    private string Text(string path)
    {
        var node = (ReadNodeResult)_cluster.Machine.Read(new ReadNodeRequest(path, WithValue: true));
        return System.Text.Encoding.UTF8.GetString(node.Value.Span);
    }

    /// <summary>Makes all calls while the first batch is still on its way.</summary>
    private async Task<ResultCode[]> WhileHeldAsync(Func<IEnumerable<Task<ResultCode>>> calls)
    {
        var gate = new TaskCompletionSource();
        _cluster.Gate = gate.Task;
        Task<ResultCode>[] made = [.. calls()];
        gate.SetResult();
        return await Task.WhenAll(made);
    }

    private HttpNodes Create()
    {
        var options = new GatewayOptions { Lanes = 1, ReadBatches = 1, RequestTimeout = TimeSpan.FromMinutes(1) };
        foreach (var node in ScriptedCluster.Nodes)
        {
            options.Nodes.Add(node.AbsoluteUri);
        }

        return new HttpNodes(
            _cluster, new NodeDirectory(options.NodeAddresses), new FakeCluster(), options, TimeProvider.System,
            new Random(1), _metrics, NullLoggerFactory.Instance);
    }
}
