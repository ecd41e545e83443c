using System.Net;
using System.Text;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Gateway.Tests.Upstream;

public sealed class ClusterNodesTests : INodeTransport
{
    private static readonly Uri One = new("http://n1/");
    private static readonly Uri Two = new("http://n2/");
    private static readonly Uri Far = new("http://n9/");

    private readonly NodeDirectory _directory = new([One, Two]);
    private readonly List<(Uri Node, string Route)> _calls = [];
    private Func<Uri, string, NodeReply> _answer = (_, _) => new NodeReply(HttpStatusCode.OK, null, default);

    [Fact]
    public async Task A_call_goes_to_the_leader_wherever_it_is_and_the_next_one_straight()
    {
        _answer = (node, _) => node == Far ? Ok() : node == Two ? Misdirected(Far) : Misdirected(null);
        var cluster = Create();
        Assert.Equal(HttpStatusCode.OK, (await CallAsync(cluster)).Status);
        Assert.Equal([One, Two, Far], _calls.Select(call => call.Node));
        await CallAsync(cluster);
        Assert.Equal(Far, _calls[^1].Node);
        Assert.Equal(4, _calls.Count);
    }

    [Fact]
    public async Task A_node_that_is_unreachable_or_has_no_quorum_is_passed_over()
    {
        var calls = 0;
        _answer = (_, _) => calls++ switch
        {
            0 => throw new NodeUnreachableException("unreachable"),
            1 => new NodeReply(HttpStatusCode.ServiceUnavailable, null, default),
            _ => Ok(),
        };
        await CallAsync(Create());
        Assert.Equal([One, Two, One], _calls.Select(call => call.Node));
    }

    [Fact]
    public async Task A_refusal_is_an_answer()
    {
        _answer = (_, _) => new NodeReply(HttpStatusCode.Conflict, null, default);
        Assert.Equal(HttpStatusCode.Conflict, (await CallAsync(Create())).Status);
        Assert.Single(_calls);
    }

    [Fact]
    public async Task A_connection_that_breaks_leaves_the_outcome_unknown()
    {
        _answer = (_, _) => throw new IOException("broken");
        var e = await Assert.ThrowsAsync<ProblemException>(() => CallAsync(Create()));
        Assert.Same(ErrorKinds.OutcomeUnknown, e.Problem.Kind);
        Assert.Single(_calls);
    }

    [Fact]
    public async Task Without_a_leader_a_call_ends_as_not_done()
    {
        var time = new ManualTime();
        _answer = (_, _) => Misdirected(null);
        var pending = CallAsync(Create(time));
        await time.AdvanceUntilAsync(pending);
        var e = await Assert.ThrowsAsync<ProblemException>(() => pending);
        Assert.Same(ErrorKinds.NoQuorum, e.Problem.Kind);
    }

    [Fact]
    public async Task The_leaders_view_is_found_and_remembered()
    {
        _answer = (node, _) => node == Far
            ? Ok("""{"id":"c","node":"n9","leader":"n9","term":1,"members":[{"id":"n9","url":"http://n9","role":"voter"}]}""")
            : node == One
                ? throw new IOException("broken")
                : Ok("""{"id":"c","node":"n2","leader":"n9","term":1,"members":[{"id":"n9","url":"http://n9","role":"voter"}]}""");
        var cluster = Create();
        Assert.True((await cluster.ReadAsync(CancellationToken.None)).IsLeaders);
        Assert.Equal([Far], _directory.Nodes);
        _calls.Clear();
        await cluster.ReadAsync(CancellationToken.None);
        Assert.Equal([(Far, "/cluster")], _calls);
    }

    [Fact]
    public async Task In_doubt_the_leader_is_asked_last_and_for_a_later_term()
    {
        _answer = (node, _) => Ok($$"""
            {"id":"c","node":"{{(node == One ? "n1" : "n2")}}","leader":"n1","term":7,
             "members":[{"id":"n1","url":"http://n1","role":"voter"},{"id":"n2","url":"http://n2","role":"voter"}]}
            """);
        var cluster = Create();
        await cluster.ReadNewsAsync(CancellationToken.None);
        Assert.Equal([(Two, "/cluster?after=0"), (One, "/cluster?after=0")], _calls);
        _calls.Clear();
        await cluster.ReadNewsAsync(CancellationToken.None);
        Assert.Equal([(Two, "/cluster?after=7"), (One, "/cluster?after=7")], _calls);
    }

    [Fact]
    public async Task Without_any_answer_there_is_no_view()
    {
        _answer = (_, _) => throw new NodeUnreachableException("unreachable");
        var e = await Assert.ThrowsAsync<ProblemException>(() => Create().ReadAsync(CancellationToken.None));
        Assert.Same(ErrorKinds.NoQuorum, e.Problem.Kind);
    }

    [Fact]
    public async Task A_backup_comes_from_a_node_that_has_other_work_than_the_leader()
    {
        _answer = (_, _) => Ok("backup");
        var cluster = Create();
        using var backup = await cluster.OpenBackupAsync(CancellationToken.None);
        Assert.Equal("backup", await backup.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal([(Two, "/snapshot")], _calls);

        _answer = (node, _) => node == Two ? throw new NodeUnreachableException("unreachable") : Ok("backup");
        using var other = await cluster.OpenBackupAsync(CancellationToken.None);
        Assert.Equal(One, _calls[^1].Node);
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable, "no-quorum")]
    [InlineData(HttpStatusCode.InsufficientStorage, "storage-full")]
    public async Task A_backup_that_no_node_can_give_is_refused(HttpStatusCode status, string code)
    {
        _answer = (_, _) => new NodeReply(status, null, default);
        var e = await Assert.ThrowsAsync<ProblemException>(() => Create().OpenBackupAsync(CancellationToken.None));
        Assert.Equal(code, e.Problem.Kind.Code);
        Assert.Equal(2, _calls.Count);
    }

    ValueTask<NodeReply> INodeTransport.PostAsync(
        Uri node, string route, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("No batches here.");

    async ValueTask<NodeReply> INodeTransport.CallAsync(
        HttpMethod method, Uri node, string route, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        await Task.Yield();
        _calls.Add((node, route));
        return _answer(node, route);
    }

    Task<Stream> INodeTransport.OpenAsync(Uri node, string route, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("No streams here.");

    Task<HttpResponseMessage> INodeTransport.GetAsync(Uri node, string route, CancellationToken cancellationToken)
    {
        _calls.Add((node, route));
        var reply = _answer(node, route);
        return Task.FromResult(new HttpResponseMessage(reply.Status) { Content = new ReadOnlyMemoryContent(reply.Body) });
    }

    private static NodeReply Ok(string body = "{}") => new(HttpStatusCode.OK, null, Encoding.UTF8.GetBytes(body));

    private static NodeReply Misdirected(Uri? leader) => new(HttpStatusCode.MisdirectedRequest, leader, default);

    private static Task<NodeReply> CallAsync(ClusterNodes cluster) =>
        cluster.AskLeaderAsync(HttpMethod.Delete, "/membership/members", default, CancellationToken.None);

    private ClusterNodes Create(TimeProvider? time = null) =>
        new(this, _directory, new GatewayOptions(), time ?? TimeProvider.System);
}
