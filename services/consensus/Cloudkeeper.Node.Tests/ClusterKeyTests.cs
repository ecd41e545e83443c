using System.Net;
using Cloudkeeper.Protocol;
using TestClusterKey = Cloudkeeper.Cluster.Tests.Clusters.TestClusterKey;

namespace Cloudkeeper.Node.Tests;

/// <summary>A node is for the processes of its cluster: a caller that does not show the key learns nothing.</summary>
public sealed class ClusterKeyTests : IDisposable
{
    private const string WrongKey = "Cloudkeeper BQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    private static readonly string[] Open = ["/healthz", "/metrics", "/readyz"];

    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-node-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(null)]
    [InlineData(WrongKey)]
    [InlineData("Bearer " + TestClusterKey.Base64)]
    public async Task Every_route_but_the_open_ones_is_closed_to_strangers(string? authorization)
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        var cluster = node.Replica.ClusterId.ToString("N");
        using var stranger = node.CreateStranger();
        var served = new List<string>();
        foreach (var (method, path) in Routes(node))
        {
            using var answer = await AskAsync(stranger, method, path, authorization);
            if (answer.StatusCode != HttpStatusCode.Unauthorized)
            {
                served.Add(path);
                continue;
            }

            Assert.Equal("Cloudkeeper realm=\"cloudkeeper\"", answer.Headers.WwwAuthenticate.ToString());
            Assert.DoesNotContain(cluster, answer + await answer.Content.ReadAsStringAsync(Stopping), StringComparison.Ordinal);
        }

        Assert.Equal(Open, served.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task With_the_key_every_route_is_open()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        foreach (var (method, path) in Routes(node).Where(route => route.Path != NodeRoutes.Feed))
        {
            using var answer = await AskAsync(node.Client, method, path, null);
            Assert.NotEqual(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    /// <summary>Neither which routes there are nor how they are used is for strangers.</summary>
    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/nothing")]
    [InlineData("PUT", NodeRoutes.Commands)]
    [InlineData("OPTIONS", NodeRoutes.Commands)]
    [InlineData("POST", "/COMMANDS")]
    [InlineData("GET", "/healthz/../membership")]
    [InlineData("GET", "/healthz%2f..%2fmembership")]
    [InlineData("POST", "/metrics/")]
    public async Task A_route_that_is_not_open_is_closed(string method, string path)
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        using var stranger = node.CreateStranger();
        using var answer = await AskAsync(stranger, method, path, null);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_node_without_a_cluster_refuses_strangers_as_well()
    {
        await using var node = OneNode.Start(_directory, "1=http://127.0.0.1:1,2=http://127.0.0.1:2");
        using var stranger = node.CreateStranger();
        using var answer = await AskAsync(stranger, "GET", NodeRoutes.Membership, null);
        using var invitation = await AskAsync(stranger, "POST", NodeRoutes.MembershipInvite, null);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, invitation.StatusCode);
    }

    /// <summary>While processes that know no key yet are changed one by one.</summary>
    [Fact]
    public async Task Where_the_key_is_not_required_calls_without_one_are_served_and_a_wrong_one_is_not()
    {
        await using var node = await OneNode.Start(_directory, ("Hosting:ClusterKeyRequired", "false")).LeadAsync();
        using var stranger = node.CreateStranger();
        using var without = await AskAsync(stranger, "GET", NodeRoutes.Cluster, null);
        using var wrong = await AskAsync(stranger, "GET", NodeRoutes.Cluster, WrongKey);
        Assert.Equal(HttpStatusCode.OK, without.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
    }

    [Fact]
    public async Task A_cluster_without_a_key_serves_every_caller()
    {
        await using var node = await OneNode.Start(_directory, ("Hosting:ClusterKey", "none")).LeadAsync();
        using var stranger = node.CreateStranger();
        using var answer = await AskAsync(stranger, "GET", NodeRoutes.Cluster, null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static IEnumerable<(string Method, string Path)> Routes(OneNode node) => node.Routes
        .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            .Select(method => (method, "/" + endpoint.RoutePattern.RawText!.TrimStart('/'))));

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, string method, string path, string? authorization)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (authorization is not null)
        {
            request.Headers.Add("Authorization", authorization);
        }

        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stopping);
    }
}
