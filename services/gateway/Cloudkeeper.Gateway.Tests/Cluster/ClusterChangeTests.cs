using System.Net;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Cluster;

/// <summary>What is asked of the leader, and what becomes of its answers.</summary>
public sealed class ClusterChangeTests : IAsyncLifetime
{
    private readonly FakeCluster _cluster = new();
    private readonly GatewayFixture _gateway;

    public ClusterChangeTests() => _gateway = new GatewayFixture { Cluster = _cluster };

    public ValueTask InitializeAsync() => _gateway.InitializeAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_node_joins()
    {
        _cluster.Answer = _ => (HttpStatusCode.Accepted, "{}");
        var answer = (await AddAsync("""{"url":"http://n4:7000"}""")).ShouldBe(202);
        Assert.Equal("""{"joining":["http://n4:7000"]}""", answer.Text);
        Assert.Equal("/v1/cluster", answer.Headers["Location"]);
        Assert.Equal([Joins("http://n4:7000")], _cluster.Calls);
    }

    [Fact]
    public async Task Several_nodes_join_or_none_of_them()
    {
        const string Two = """{"urls":["http://n4:7000","http://n5:7000/"]}""";
        (await AddAsync(Two)).ShouldBe(202);
        string[] dry = [Joins("http://n4:7000", dryRun: true), Joins("http://n5:7000", dryRun: true)];
        Assert.Equal([.. dry, Joins("http://n4:7000"), Joins("http://n5:7000")], _cluster.Calls);

        _cluster.Calls.Clear();
        _cluster.Answer = call => call.Contains("n5", StringComparison.Ordinal)
            ? (HttpStatusCode.Conflict, """{"code":"unreachable","detail":"No node answers there: start it first."}""")
            : (HttpStatusCode.OK, "{}");
        var refused = (await AddAsync(Two)).ShouldBe(400, "invalid-operation");
        Assert.Equal("No node answers there: start it first.", refused.Json.GetProperty("detail").GetString());
        Assert.Equal(dry, _cluster.Calls);
    }

    [Fact]
    public async Task A_member_whose_disk_is_lost_is_replaced_in_one_step_where_it_stood()
    {
        (await AddAsync("""{"url":"http://n1:7000","replaces":"n1"}""")).ShouldBe(202);
        Assert.Equal([Joins("http://n1:7000", replace: true)], _cluster.Calls);
    }

    [Fact]
    public async Task A_member_is_replaced_elsewhere_once_the_new_one_is_known_to_be_able_to()
    {
        const string Elsewhere = """{"url":"http://n4:7000","replaces":"n1"}""";
        (await AddAsync(Elsewhere)).ShouldBe(202);
        Assert.Equal(
            [Joins("http://n4:7000", dryRun: true), "DELETE /membership/members?ids=1", Joins("http://n4:7000")], _cluster.Calls);

        _cluster.Calls.Clear();
        (await _gateway.PostAsync("/v1/cluster/members?dryRun=true", Elsewhere)).ShouldBe(200);
        Assert.Equal(
            [Joins("http://n4:7000", dryRun: true), "DELETE /membership/members?ids=1&dryRun=true"], _cluster.Calls);
        (await AddAsync("""{"url":"http://n4:7000","replaces":"n9"}""")).ShouldBe(404, "member-not-found");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"urls":[]}""")]
    [InlineData("""{"url":"http://n4:7000","urls":["http://n5:7000"]}""")]
    [InlineData("""{"url":"n4:7000"}""")]
    [InlineData("""{"url":"http://n4:7000/path"}""")]
    [InlineData("""{"urls":["http://n4:7000","http://n5:7000"],"replaces":"n1"}""")]
    public async Task The_member_to_add_must_be_clear(string body)
    {
        (await AddAsync(body)).ShouldBe(400, "invalid-body");
        Assert.Empty(_cluster.Calls);
    }

    [Fact]
    public async Task Members_leave_one_by_one_or_several_in_one_step()
    {
        (await _gateway.DeleteAsync("/v1/cluster/members/n4")).ShouldBe(204);
        (await _gateway.DeleteAsync("/v1/cluster/members/n1,n2,n3")).ShouldBe(204);
        Assert.Equal(["DELETE /membership/members?ids=4", "DELETE /membership/members?ids=1,2,3"], _cluster.Calls);
    }

    [Fact]
    public async Task A_change_that_has_to_wait_for_another_is_asked_for_until_it_is_done()
    {
        var calls = 0;
        _cluster.Answer = _ => (++calls < 3 ? HttpStatusCode.Accepted : HttpStatusCode.OK, "{}");
        (await _gateway.DeleteAsync("/v1/cluster/members/n4")).ShouldBe(204);
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task Leadership_is_handed_over()
    {
        (await _gateway.PostAsync("/v1/cluster/leader", """{"member":"n2"}""")).ShouldBe(204);
        var dry = await _gateway.PostAsync("/v1/cluster/leader?dryRun=true", """{"member":"n2"}""");
        Assert.Equal("""{"dryRun":true}""", dry.ShouldBe(200).Text);
        (await _gateway.PostAsync("/v1/cluster/leader", "{}")).ShouldBe(400, "invalid-body");
        Assert.Equal(["POST /membership/leader?member=2", "POST /membership/leader?member=2&dryRun=true"], _cluster.Calls);
    }

    [Theory]
    [InlineData("unsafe-change", 409, "unsafe-change")]
    [InlineData("disk-lost", 409, "unsafe-change")]
    [InlineData("member-not-found", 404, "member-not-found")]
    [InlineData("wrong-cluster", 400, "invalid-operation")]
    public async Task A_refusal_of_the_leader_is_a_problem_with_its_detail(string code, int status, string problem)
    {
        const string Rule = "n4 cannot be removed: 2 of the remaining 3 voters would be needed and only n1 is reachable";
        _cluster.Answer = _ => (HttpStatusCode.Conflict, $$"""{"code":"{{code}}","detail":"{{Rule}}"}""");
        var refused = (await _gateway.DeleteAsync("/v1/cluster/members/n4")).ShouldBe(status, problem);
        Assert.Equal(Rule, refused.Json.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("4")]
    [InlineData("n")]
    [InlineData("n0")]
    [InlineData("n1,")]
    [InlineData("gateway1")]
    public async Task A_name_that_is_not_a_members_is_not_found(string name)
    {
        (await _gateway.DeleteAsync("/v1/cluster/members/" + name)).ShouldBe(404, "member-not-found");
        Assert.Empty(_cluster.Calls);
    }

    [Fact]
    public async Task An_answer_that_is_none_is_an_internal_error()
    {
        _cluster.Answer = _ => (HttpStatusCode.BadGateway, "<html>");
        (await _gateway.DeleteAsync("/v1/cluster/members/n4")).ShouldBe(500, "internal-error");
    }

    private Task<Answer> AddAsync(string body) => _gateway.PostAsync("/v1/cluster/members", body);

    private static string Joins(string url, bool replace = false, bool dryRun = false) =>
        $$"""POST /membership/members {"url":"{{url}}","replace":{{(replace ? "true" : "false")}},"dryRun":{{(dryRun ? "true" : "false")}}}""";
}
