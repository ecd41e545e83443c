using System.Net;
using Cloudkeeper.Gateway.Cluster;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol.Commands;

namespace Cloudkeeper.Gateway.Tests.Cluster;

/// <summary>A change of the cluster is decided once for its key, through any gateway.</summary>
public sealed class ClusterDecisionTests : IAsyncLifetime
{
    private const string Leader = "/v1/cluster/leader";
    private const string ToTwo = """{"member":"n2"}""";

    private static readonly (string, string) Key = ("Idempotency-Key", "k");

    private readonly FakeCluster _cluster = new();
    private readonly TreeNodes _nodes = new();
    private readonly GatewayFixture _gateway;
    private readonly GatewayFixture _other;

    public ClusterDecisionTests()
    {
        _gateway = new GatewayFixture { Cluster = _cluster, Nodes = _nodes };
        _other = new GatewayFixture { Cluster = _cluster, Nodes = _nodes };
    }

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        await _other.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Theory]
    [InlineData("POST", Leader, ToTwo, 204)]
    [InlineData("DELETE", "/v1/cluster/members/n2", null, 204)]
    [InlineData("POST", "/v1/cluster/members", """{"url":"http://n4:7000"}""", 202)]
    public async Task A_repeat_is_answered_as_the_first_was_and_nothing_is_done(
        string method, string target, string? body, int status)
    {
        var first = (await _gateway.SendAsync(method, target, body, headers: Key)).ShouldBe(status);
        Assert.False(first.Headers.ContainsKey("Idempotent-Replayed"));
        var calls = _cluster.Calls.Count;
        await _gateway.PutAsync("/v1/nodes/later");
        foreach (var gateway in (GatewayFixture[])[_gateway, _other])
        {
            var repeat = (await gateway.SendAsync(method, target, body, headers: Key)).ShouldBe(status);
            Assert.Equal("true", repeat.Headers["Idempotent-Replayed"]);
            Assert.Equal((first.Text, first.Revision), (repeat.Text, repeat.Revision));
        }

        Assert.Equal(calls, _cluster.Calls.Count);
    }

    [Theory]
    [InlineData("unsafe-change", 409)]
    [InlineData("member-not-found", 404)]
    public async Task A_refusal_of_the_leader_is_remembered_as_well(string code, int status)
    {
        const string Why = "n2 cannot be removed: 2/3 of the \"others\" would be needed, 100 % of them";
        _cluster.Answer = _ => (HttpStatusCode.Conflict, $$"""{"code":"{{code}}","detail":{{System.Text.Json.JsonSerializer.Serialize(Why)}}}""");
        var first = (await _gateway.DeleteAsync("/v1/cluster/members/n2", Key)).ShouldBe(status, code);
        Assert.Equal(Why, first.Json.GetProperty("detail").GetString());
        _cluster.Answer = _ => (HttpStatusCode.OK, "{}");
        var repeat = (await _other.DeleteAsync("/v1/cluster/members/n2", Key)).ShouldBe(status, code);
        Assert.Equal("true", repeat.Headers["Idempotent-Replayed"]);
        Assert.Equal((first.Text, first.Revision), (repeat.Text, repeat.Revision));
        Assert.Single(_cluster.Calls);
    }

    [Fact]
    public async Task A_change_with_an_unreachable_node_is_tried_again()
    {
        _cluster.Answer = _ => (HttpStatusCode.Conflict, """{"code":"not-reachable","detail":"Start it first."}""");
        (await AddAsync(_gateway)).ShouldBe(400, "invalid-operation");
        _cluster.Answer = _ => (HttpStatusCode.OK, "{}");
        (await AddAsync(_other)).ShouldBe(202);
        Assert.Equal("true", (await AddAsync(_gateway)).ShouldBe(202).Headers["Idempotent-Replayed"]);
        Assert.Equal(2, _cluster.Calls.Count);
    }

    [Fact]
    public async Task A_change_whose_outcome_got_lost_is_gone_on_with()
    {
        _cluster.Answer = _ => (HttpStatusCode.BadGateway, "");
        (await _gateway.PostAsync(Leader, ToTwo, Key)).ShouldBe(500, "internal-error");
        _cluster.Answer = _ => (HttpStatusCode.OK, "{}");
        (await _other.PostAsync(Leader, ToTwo, Key)).ShouldBe(204);
        Assert.Equal("true", (await _gateway.PostAsync(Leader, ToTwo, Key)).ShouldBe(204).Headers["Idempotent-Replayed"]);
        Assert.Equal(2, _cluster.Calls.Count);
    }

    [Fact]
    public async Task A_member_that_has_gone_since_the_change_began_was_removed_by_it()
    {
        _cluster.Answer = _ => (HttpStatusCode.BadGateway, "");
        (await _gateway.DeleteAsync("/v1/cluster/members/n2", Key)).ShouldBe(500, "internal-error");
        _cluster.Gone.Add("n2");
        _cluster.Answer = _ => (HttpStatusCode.Conflict, """{"code":"member-not-found","detail":"There is no n2."}""");
        (await _other.DeleteAsync("/v1/cluster/members/n2", Key)).ShouldBe(204);
        Assert.Single(_cluster.Calls);

        // With another key it is another request, for a member that never was there.
        (await _other.DeleteAsync("/v1/cluster/members/n2", ("Idempotency-Key", "l"))).ShouldBe(404, "member-not-found");
    }

    [Fact]
    public async Task A_replacement_that_was_half_done_is_completed()
    {
        const string Elsewhere = """{"url":"http://n4:7000","replaces":"n2"}""";
        var joins = 0;
        _cluster.Answer = call => call.StartsWith("POST", StringComparison.Ordinal) && ++joins == 2
            ? (HttpStatusCode.BadGateway, "")
            : (HttpStatusCode.OK, "{}");
        (await _gateway.PostAsync("/v1/cluster/members", Elsewhere, Key)).ShouldBe(500, "internal-error");
        _cluster.Gone.Add("n2");
        _cluster.Calls.Clear();
        (await _other.PostAsync("/v1/cluster/members", Elsewhere, Key)).ShouldBe(202);
        Assert.Equal(["""POST /membership/members {"url":"http://n4:7000","replace":false,"dryRun":false}"""], _cluster.Calls);
    }

    [Fact]
    public async Task Two_at_once_end_alike()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            (i % 2 == 0 ? _gateway : _other).DeleteAsync("/v1/cluster/members/n2", Key)));
        Assert.All(answers, answer => answer.ShouldBe(204));
        Assert.Single(answers.Select(answer => answer.Revision).Distinct());
        Assert.Equal("true", (await _other.DeleteAsync("/v1/cluster/members/n2", Key)).Headers["Idempotent-Replayed"]);
    }

    [Fact]
    public async Task A_key_belongs_to_one_request_of_any_route()
    {
        (await _gateway.PostAsync(Leader, ToTwo, Key)).ShouldBe(204);
        (await _gateway.PostAsync(Leader, """{"member":"n1"}""", Key)).ShouldBe(422, "idempotency-key-reuse");
        (await _gateway.DeleteAsync("/v1/cluster/members/n2", Key)).ShouldBe(422, "idempotency-key-reuse");
        (await _gateway.PutAsync("/v1/nodes/a", "", Key)).ShouldBe(422, "idempotency-key-reuse");
        await _gateway.PutAsync("/v1/nodes/a", "", ("Idempotency-Key", "node"));
        (await _gateway.PostAsync(Leader, ToTwo, ("Idempotency-Key", "node"))).ShouldBe(422, "idempotency-key-reuse");
        (await _gateway.PostAsync(Leader, ToTwo, ("Idempotency-Key", "a b"))).ShouldBe(400, "invalid-idempotency-key");
        Assert.Single(_cluster.Calls);
    }

    [Theory]
    [InlineData("POST", Leader, ToTwo)]
    [InlineData("DELETE", "/v1/cluster/members/n2", null)]
    [InlineData("POST", "/v1/cluster/members", """{"url":"http://n4:7000"}""")]
    public async Task A_fence_that_does_not_hold_stops_it(string method, string target, string? body)
    {
        var lost = (await _gateway.SendAsync(method, target, body, headers: ("Cloudkeeper-Fence", "4711"))).ShouldBe(412, "fence-lost");
        Assert.Equal(_nodes.Revision.Value, lost.Revision);
        (await _gateway.SendAsync(method, target, body, headers: ("Cloudkeeper-Fence", "x"))).ShouldBe(400, "invalid-fence");
        Assert.Empty(_cluster.Calls);

        var ticket = (await _gateway.PostAsync("/v1/locks/l", """{"ttl":"10s"}""")).Json.GetProperty("ticket").GetInt64();
        Assert.InRange((int)(await _gateway.SendAsync(method, target, body, headers: ("Cloudkeeper-Fence", $"{ticket}"))).Status, 200, 204);
        Assert.NotEmpty(_cluster.Calls);
    }

    [Fact]
    public async Task Every_answer_names_its_revision()
    {
        var put = await _gateway.PutAsync("/v1/nodes/a");
        Assert.Equal(put.Revision, (await _gateway.PostAsync(Leader, ToTwo)).ShouldBe(204).Revision);
        Assert.Equal(put.Revision, (await AddAsync(_gateway)).ShouldBe(202).Revision);
        Assert.Equal(put.Revision, (await _gateway.PostAsync(Leader + "?dryRun=true", ToTwo)).ShouldBe(200).Revision);
        _cluster.Answer = _ => (HttpStatusCode.Conflict, """{"code":"unsafe-change","detail":"No."}""");
        var refused = (await _gateway.DeleteAsync("/v1/cluster/members/n2")).ShouldBe(409, "unsafe-change");
        Assert.Equal((put.Revision, put.Revision), (refused.Revision, refused.Json.GetProperty("revision").GetInt64()));
        Assert.Equal(put.Revision, (await _gateway.DeleteAsync("/v1/cluster/members/n2?dryRun=true")).ShouldBe(409, "unsafe-change").Revision);
    }

    [Fact]
    public async Task A_dry_run_decides_nothing()
    {
        (await _gateway.PostAsync(Leader + "?dryRun=true", ToTwo, Key)).ShouldBe(200);
        (await _gateway.DeleteAsync("/v1/cluster/members/n2", Key)).ShouldBe(204);
    }

    [Fact]
    public async Task A_note_is_read_as_it_was_written_and_changes_nothing()
    {
        var before = _nodes.Revision;
        foreach (var text in (string[])["done", "", "a/b c%2F \"ü\"\n", new string('x', 2_000), new string('ü', 2_000)])
        {
            var command = Assert.IsType<TransactionCommand>(DecisionLog.Note(text));
            var result = await _nodes.ExecuteAsync(new CommandRequest(0, null, default, [], command), null);
            var read = DecisionLog.TextOf(result);
            Assert.StartsWith(read, text, StringComparison.Ordinal);
            Assert.True(read.Length == text.Length || read.Length > 100);
        }

        Assert.Equal(before, _nodes.Revision);
    }

    private static Task<Answer> AddAsync(GatewayFixture gateway) =>
        gateway.PostAsync("/v1/cluster/members", """{"url":"http://n4:7000"}""", Key);
}
