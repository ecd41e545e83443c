using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Nodes;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Sessions;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudkeeper.Gateway.Tests.Upstream;

public sealed class UpstreamTests : IDisposable
{
    private readonly ScriptedCluster _cluster = new();
    private readonly GatewayMetrics _metrics = new();

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public async Task The_leader_is_found_wherever_it_is()
    {
        _cluster.Leader = ScriptedCluster.Nodes[2];
        var nodes = Create(new GatewayOptions { Lanes = 1 });
        Assert.Equal(ResultCode.Ok, (await PutAsync(nodes, "/a")).Code);

        // Once by its name; from then on it is asked first.
        Assert.Equal([ScriptedCluster.Nodes[0], ScriptedCluster.Nodes[2]], _cluster.Calls.Distinct());
        _cluster.Calls.Clear();
        await PutAsync(nodes, "/b");
        Assert.Equal([ScriptedCluster.Nodes[2]], _cluster.Calls);
    }

    [Theory]
    [InlineData(nameof(Fate.Refused))]
    [InlineData(nameof(Fate.LostOnTheWay))]
    [InlineData(nameof(Fate.AnswerLost))]
    [InlineData(nameof(Fate.Unknown))]
    [InlineData(nameof(Fate.Duplicated))]
    [InlineData(nameof(Fate.NoLeader))]
    [InlineData(nameof(Fate.Busy))]
    [InlineData(nameof(Fate.NoQuorum))]
    [InlineData(nameof(Fate.KeyRefused))]
    [InlineData(nameof(Fate.Delayed))]
    public async Task Each_command_is_executed_once_under_every_fate_of_its_batch(string fate)
    {
        var nodes = Create(new GatewayOptions { Lanes = 1, AttemptTimeout = TimeSpan.FromMilliseconds(100) });
        await AddAsync(nodes);
        var calls = 0;
        _cluster.Decide = _ => calls++ % 2 == 0 ? Enum.Parse<Fate>(fate) : Fate.Answered;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(ResultCode.Ok, (await AddAsync(nodes)).Code);
            _cluster.DeliverDelayed();
        }

        Assert.Equal(6, Counter());
    }

    [Fact]
    public async Task Under_random_faults_and_many_clients_nothing_is_lost_or_done_twice()
    {
        var random = new Random(17);
        Fate[] fates = [.. Enum.GetValues<Fate>().Except([Fate.DiskFull, Fate.Failed, Fate.Delayed])];
        _cluster.Decide = _ =>
        {
            _cluster.Leader = random.Next(20) == 0 ? ScriptedCluster.Nodes[random.Next(3)] : _cluster.Leader;
            return random.Next(3) == 0 ? fates[random.Next(fates.Length)] : Fate.Answered;
        };
        var nodes = Create(new GatewayOptions { RequestTimeout = TimeSpan.FromMinutes(1) });
        var clients = Enumerable.Range(0, 32).Select(async _ =>
        {
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(ResultCode.Ok, (await AddAsync(nodes)).Code);
            }
        });
        await Task.WhenAll(clients);
        Assert.Equal(32 * 20, Counter());
    }

    [Fact]
    public async Task Commands_that_wait_while_a_batch_is_under_way_go_as_one()
    {
        var nodes = Create(new GatewayOptions { Lanes = 1 });
        await PutAsync(nodes, "/first");
        _cluster.BatchSizes.Clear();
        await WhileHeldAsync(() => Enumerable.Range(0, 100).Select(i => PutAsync(nodes, $"/n{i}")));

        // One alone, unless the lane is still about to finish the batch before; all others together.
        Assert.InRange(_cluster.BatchSizes.Count, 1, 2);
        Assert.Equal(100, _cluster.BatchSizes.Sum());
    }

    [Fact]
    public async Task Commands_of_one_session_keep_their_order()
    {
        var nodes = Create(new GatewayOptions { Lanes = 4 });
        var session = new SessionId(4711);
        var writes = Enumerable.Range(0, 50)
            .Select(i => nodes.ExecuteAsync(Request(new WriteOperation("/a", new byte[] { (byte)i }, "x")), session).AsTask());
        var results = await Task.WhenAll(writes.ToArray());
        Assert.Equal(results.Select(r => r.Revision).Order(), results.Select(r => r.Revision));
    }

    [Fact]
    public async Task A_command_that_may_have_been_executed_ends_as_unknown_and_never_later()
    {
        var time = new ManualTime();
        var nodes = Create(new GatewayOptions { Lanes = 1 }, time);
        await AddAsync(nodes);
        var pending = await SendInVainAsync(Fate.Delayed, () => AddAsync(nodes));
        Assert.Same(ErrorKinds.OutcomeUnknown, (await RefusalAsync(pending, time)).Problem.Kind);

        // The next one is answered; from then on what was on the way is void.
        _cluster.Decide = _ => Fate.Answered;
        await AddAsync(nodes);
        _cluster.DeliverDelayed();
        Assert.Equal(2, Counter());
    }

    /// <summary>The clock stands still: no pause ends by itself.</summary>
    [Fact]
    public async Task A_batch_that_waits_for_a_leader_goes_on_as_soon_as_one_is_known()
    {
        var directory = new NodeDirectory(ScriptedCluster.Nodes);
        var nodes = Create(new GatewayOptions { Lanes = 1 }, new ManualTime(), directory);
        await PutAsync(nodes, "/a");
        var pending = await SendInVainAsync(Fate.NoLeader, () => PutAsync(nodes, "/b"));
        _cluster.Leader = ScriptedCluster.Nodes[1];
        _cluster.Decide = _ => Fate.Answered;
        _cluster.Calls.Clear();
        await directory.LookAsync(_cluster.Leader, _ => Task.FromResult(ClusterView.TryParse("""
            {"id":"c","node":"n2","leader":"n2","term":2,"members":[
              {"id":"n1","url":"http://n1","role":"voter"},{"id":"n2","url":"http://n2","role":"voter"}]}
            """u8)));
        Assert.Equal(ResultCode.Ok, (await pending).Code);
        Assert.Equal(ScriptedCluster.Nodes[1], _cluster.Calls[^1]);
    }

    [Theory]
    [InlineData(nameof(Fate.Refused), "no-quorum")]
    [InlineData(nameof(Fate.NoLeader), "no-quorum")]
    [InlineData(nameof(Fate.NoQuorum), "no-quorum")]
    [InlineData(nameof(Fate.Busy), "overloaded")]
    [InlineData(nameof(Fate.DiskFull), "storage-full")]
    [InlineData(nameof(Fate.LostOnTheWay), "outcome-unknown")]
    [InlineData(nameof(Fate.AnswerLost), "outcome-unknown")]
    [InlineData(nameof(Fate.Unknown), "outcome-unknown")]
    public async Task A_client_whose_time_is_up_learns_what_is_certain(string fate, string code)
    {
        var time = new ManualTime();
        var nodes = Create(new GatewayOptions { Lanes = 1 }, time);
        await PutAsync(nodes, "/a");
        var pending = await SendInVainAsync(Enum.Parse<Fate>(fate), () => PutAsync(nodes, "/a"));
        Assert.Equal(code, (await RefusalAsync(pending, time)).Problem.Kind.Code);
    }

    /// <summary>
    /// Found by the simulation: the client was answered that nothing had happened, and it was executed with the others.
    /// </summary>
    [Fact]
    public async Task A_command_that_times_out_while_its_batch_goes_on_ends_as_outcome_unknown()
    {
        var time = new ManualTime();
        var nodes = Create(new GatewayOptions { Lanes = 1 }, time);
        await AddAsync(nodes);
        var first = await SendInVainAsync(Fate.NoLeader, () => AddAsync(nodes));
        time.Advance(TimeSpan.FromSeconds(4));
        var second = AddAsync(nodes);
        time.Advance(TimeSpan.FromSeconds(4));
        var third = AddAsync(nodes);

        // Step by step: the two others must have gone out together before the second one's time is up.
        await time.AdvanceUntilAsync(first, pace: TimeSpan.FromMilliseconds(1));
        await time.AdvanceUntilAsync(second, pace: TimeSpan.FromMilliseconds(1));
        Assert.Same(ErrorKinds.NoQuorum, (await RefusalAsync(first, time)).Problem.Kind);
        Assert.Same(ErrorKinds.OutcomeUnknown, (await RefusalAsync(second, time)).Problem.Kind);
        _cluster.Decide = _ => Fate.Answered;
        await time.AdvanceUntilAsync(third);
        Assert.Equal(ResultCode.Ok, (await third).Code);
        Assert.Equal(3, Counter());
    }

    [Fact]
    public async Task Commands_that_wait_behind_a_batch_without_an_answer_are_refused_as_not_done()
    {
        var time = new ManualTime();
        var nodes = Create(new GatewayOptions { Lanes = 1 }, time);
        await PutAsync(nodes, "/a");
        var underWay = await SendInVainAsync(Fate.Delayed, () => PutAsync(nodes, "/a"));
        var waiting = PutAsync(nodes, "/b");
        Assert.Same(ErrorKinds.OutcomeUnknown, (await RefusalAsync(underWay, time)).Problem.Kind);
        Assert.Same(ErrorKinds.NoQuorum, (await RefusalAsync(waiting, time)).Problem.Kind);
        _cluster.Decide = _ => Fate.Answered;
        await PutAsync(nodes, "/c");
        _cluster.DeliverDelayed();
        Assert.Null(((ReadNodeResult)_cluster.Machine.Read(new ReadNodeRequest("/b", false))).Stat);
    }

    [Fact]
    public async Task A_full_queue_refuses_before_it_spends_memory()
    {
        var nodes = Create(new GatewayOptions { Lanes = 1, WaitingItemsMax = 5 });
        await PutAsync(nodes, "/a");
        _cluster.Decide = _ => Fate.Delayed;
        var all = Enumerable.Range(0, 10).Select(_ => PutAsync(nodes, "/a")).ToArray();
        var refused = all.Where(put => put.IsFaulted).ToArray();

        // One is under way, unless the lane is still about to finish the one before.
        Assert.InRange(refused.Length, 4, 5);
        Assert.All(refused, put =>
            Assert.Same(ErrorKinds.Overloaded, ((ProblemException)put.Exception!.InnerException!).Problem.Kind));
        _cluster.Decide = _ => Fate.Answered;
        await Task.WhenAll(all.Except(refused));
    }

    [Fact]
    public async Task An_idle_lane_that_has_expired_is_replaced_unnoticed()
    {
        var nodes = Create(new GatewayOptions { Lanes = 1 });
        await AddAsync(nodes);
        _cluster.ForgetLanes();
        Assert.Equal(ResultCode.Ok, (await AddAsync(nodes)).Code);
        Assert.Equal(2, Counter());
    }

    [Fact]
    public async Task A_lane_that_expires_under_a_repeated_batch_leaves_its_outcome_unknown()
    {
        var nodes = Create(new GatewayOptions { Lanes = 1 });
        await AddAsync(nodes);
        var isFirst = true;
        _cluster.Decide = _ =>
        {
            if (!isFirst)
            {
                return Fate.Answered;
            }

            isFirst = false;
            _cluster.ForgetLanesAfterThis();
            return Fate.AnswerLost;
        };
        var e = await Assert.ThrowsAsync<ProblemException>(() => AddAsync(nodes));
        Assert.Same(ErrorKinds.OutcomeUnknown, e.Problem.Kind);
        Assert.Equal(2, Counter());
        Assert.Equal(ResultCode.Ok, (await AddAsync(nodes)).Code);
    }

    [Fact]
    public async Task Reads_that_wait_share_a_batch_and_each_gets_its_own_answer()
    {
        var nodes = Create(new GatewayOptions { ReadBatches = 1 });
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => PutAsync(nodes, $"/n{i}", (byte)i)));
        _cluster.Calls.Clear();
        var read = await WhileHeldAsync(() => Enumerable.Range(0, 50).Select(i => ReadAsync(nodes, $"/n{i}")));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (byte)i), read.Select(node => node.Value.Span[0]));
        Assert.Equal(2, _cluster.Calls.Count);
    }

    [Fact]
    public async Task A_read_is_repeated_until_a_node_answers()
    {
        var nodes = Create();
        await PutAsync(nodes, "/a", 7);
        Fate[] fates = [Fate.Refused, Fate.LostOnTheWay, Fate.NoLeader, Fate.NoQuorum, Fate.Unknown, Fate.Answered];
        var calls = 0;
        _cluster.Decide = _ => fates[Math.Min(calls++, fates.Length - 1)];
        Assert.Equal(7, (await ReadAsync(nodes, "/a")).Value.Span[0]);
    }

    [Fact]
    public async Task Reads_that_wait_share_one_question_for_the_read_index()
    {
        var nodes = Create();
        await PutAsync(nodes, "/a");
        _cluster.Calls.Clear();
        var indexes = await WhileHeldAsync(() => Enumerable.Range(0, 50).Select(_ => nodes.ReadIndexAsync().AsTask()));
        Assert.All(indexes, index => Assert.Equal(_cluster.Machine.Revision, index.Revision));

        // A read that came while the first question was under way was not answered by it.
        Assert.Equal(2, _cluster.Calls.Count);
        Assert.Equal(2, indexes.Select(index => index.AskedAt).Distinct().Count());
    }

    [Fact]
    public async Task Keepalives_share_a_batch()
    {
        var nodes = Create();
        var results = await WhileHeldAsync(() => Enumerable.Range(1, 20)
            .Select(i => nodes.KeepAliveAsync(new SessionId(i)).AsTask()));
        Assert.Equal(Enumerable.Range(1, 20), results.Select(result => (int)result.Session.Value));
        Assert.All(results, result => Assert.Equal(KeepaliveStatus.Alive, result.Status));
        Assert.Equal(2, _cluster.Calls.Count);
    }

    private static CommandRequest Request(Operation operation) =>
        new(0, null, UInt128.Zero, [], new MutationCommand(operation));

    private static Task<CommandResult> PutAsync(HttpNodes nodes, string path, byte value = 0) =>
        CallAsync(() => nodes.ExecuteAsync(Request(new WriteOperation(path, new[] { value }, "x")), null));

    private static Task<CommandResult> AddAsync(HttpNodes nodes) =>
        CallAsync(() => nodes.ExecuteAsync(
            new CommandRequest(0, null, UInt128.Zero, [], new TransactionCommand([], [new AddOperation("/counter", 1)], [])),
            null));

    private static async Task<CommandResult> CallAsync(Func<ValueTask<CommandResult>> call) => await call();

    private static async Task<ReadNodeResult> ReadAsync(HttpNodes nodes, string path)
    {
        var answer = await nodes.ReadAsync(
            new ReadNodeRequest(path, WithValue: true), ReadConsistency.Linearizable, Revision.Zero);
        return (ReadNodeResult)answer.Result;
    }

    /// <summary>Calls, and returns when a node has been asked.</summary>
    private async Task<Task<CommandResult>> SendInVainAsync(Fate fate, Func<Task<CommandResult>> call)
    {
        var asked = new TaskCompletionSource();
        _cluster.Decide = _ =>
        {
            asked.TrySetResult();
            return fate;
        };
        var pending = call();
        await asked.Task;
        return pending;
    }

    private static async Task<ProblemException> RefusalAsync(Task pending, ManualTime time)
    {
        await time.AdvanceUntilAsync(pending);
        return await Assert.ThrowsAsync<ProblemException>(() => pending);
    }

    /// <summary>Makes all calls while the first batch is still on its way.</summary>
    private async Task<T[]> WhileHeldAsync<T>(Func<IEnumerable<Task<T>>> calls)
    {
        var gate = new TaskCompletionSource();
        _cluster.Gate = gate.Task;
        Task<T>[] made = [.. calls()];
        gate.SetResult();
        return await Task.WhenAll(made);
    }

    private long Counter()
    {
        var node = (ReadNodeResult)_cluster.Machine.Read(new ReadNodeRequest("/counter", WithValue: true));
        return long.Parse(node.Value.Span, System.Globalization.CultureInfo.InvariantCulture);
    }

    private HttpNodes Create(GatewayOptions? options = null, TimeProvider? time = null, NodeDirectory? directory = null)
    {
        options ??= new GatewayOptions();
        foreach (var node in ScriptedCluster.Nodes)
        {
            options.Nodes.Add(node.AbsoluteUri);
        }

        return new HttpNodes(
            _cluster, directory ?? new NodeDirectory(options.NodeAddresses), new FakeCluster(), options, time ?? TimeProvider.System,
            new Random(1), _metrics, NullLoggerFactory.Instance);
    }
}
