using System.Net;
using System.Text.Json;
using Cloudkeeper.Protocol;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Node.Tests.Joining;

public sealed class MembershipEndpointsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-members-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_stranger_is_given_an_id_once_it_stands_in_the_log_and_the_same_again()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var stranger = Announcement("http://127.0.0.1:2");

        var (status, first) = await PostAsync(node, NodeRoutes.MembershipAnnounce, stranger);
        var (_, second) = await PostAsync(node, NodeRoutes.MembershipAnnounce, stranger);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(2, first.GetProperty("node").GetInt32());
        Assert.Equal(2, second.GetProperty("node").GetInt32());
        Assert.Equal(
            ["voter", "learner"], first.GetProperty("membership").EnumerateArray().Select(m => m.GetProperty("role").GetString()));
        var cluster = await node.Client.GetFromJsonAsync<JsonElement>(NodeRoutes.Cluster, Stopping);
        Assert.Equal(2, cluster.GetProperty("members").GetArrayLength());
    }

    [Fact]
    public async Task A_node_of_another_cluster_is_refused_for_good()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var foreigner = new Dictionary<string, object?>(Announcement("http://127.0.0.1:2")) { ["cluster"] = Guid.NewGuid() };

        var (status, answer) = await PostAsync(node, NodeRoutes.MembershipAnnounce, foreigner);
        string[] addresses = ["http://127.0.0.1:2"];
        var (invited, invitation) = await PostAsync(
            node, NodeRoutes.MembershipInvite, new { cluster = Guid.NewGuid(), addresses });

        Assert.Equal((HttpStatusCode.Conflict, "wrong-cluster"), (status, answer.GetProperty("code").GetString()));
        Assert.Equal((HttpStatusCode.Conflict, "wrong-cluster"), (invited, invitation.GetProperty("code").GetString()));
    }

    [Theory]
    [InlineData("http://127.0.0.1:9", "not-reachable", "start it there first")]
    [InlineData("nowhere", "invalid-request", "is no address of a node")]
    public async Task The_node_to_add_must_run(string url, string code, string detail)
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();

        var (status, answer) = await PostAsync(node, NodeRoutes.Members, new { url });

        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Equal(code, answer.GetProperty("code").GetString());
        Assert.Contains(detail, answer.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?ids=1", "unsafe-change")]
    [InlineData("?ids=7&dryRun=true", "member-not-found")]
    [InlineData("", "invalid-request")]
    [InlineData("?ids=1,x", "invalid-request")]
    public async Task A_member_that_cannot_be_removed_stays(string query, string code)
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        using var response = await node.Client.DeleteAsync(NodeRoutes.Members + query, Stopping);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Stopping);
        Assert.Equal((HttpStatusCode.Conflict, code), (response.StatusCode, answer.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Only_the_leader_changes_anything()
    {
        await using var node = await OneNode.StartWithoutQuorumAsync(_directory);
        using var removal = await node.Client.DeleteAsync(NodeRoutes.Members + "?ids=2", Stopping);
        using var transfer = await node.Client.PostAsync(NodeRoutes.Leader + "?member=2", null, Stopping);
        var (addition, _) = await PostAsync(node, NodeRoutes.Members, new { url = "http://127.0.0.1:9" });
        var (announcement, _) = await PostAsync(node, NodeRoutes.MembershipAnnounce, Announcement("http://127.0.0.1:9"));

        Assert.All(
            [removal.StatusCode, transfer.StatusCode, addition, announcement],
            status => Assert.Equal(HttpStatusCode.MisdirectedRequest, status));
    }

    [Theory]
    [InlineData("http://0.0.0.0:7000")]
    [InlineData("http://127.0.0.1:2/path")]
    [InlineData("ftp://127.0.0.1:2")]
    [InlineData("http://user@127.0.0.1:2")]
    public async Task An_address_that_no_setting_could_have_is_not_announced_either(string address)
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();

        var (status, refusal) = await PostAsync(node, NodeRoutes.MembershipAnnounce, Announcement(address));

        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Equal("invalid-announcement", refusal.GetProperty("code").GetString());
    }

    private static Dictionary<string, object?> Announcement(string address) => new(StringComparer.Ordinal)
    {
        ["cluster"] = null,
        ["node"] = null,
        ["instance"] = new Guid("0f7e0c52-91a4-4c5d-8a3e-5b1f54b7c302"),
        ["address"] = address,
        ["level"] = FeatureLevels.Newest,
    };

    private static async Task<(HttpStatusCode Status, JsonElement Answer)> PostAsync(OneNode node, string route, object body)
    {
        using var response = await node.Client.PostAsJsonAsync(route, body, Stopping);
        var bytes = await response.Content.ReadAsByteArrayAsync(Stopping);
        return (response.StatusCode, bytes.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(bytes));
    }
}
