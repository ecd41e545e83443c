using System.Text.RegularExpressions;
using Cloudkeeper.Gateway.OpenApi;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Tests.Cluster;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Requests;

/// <summary>Every route with every parameter that the contract knows: it means something there, or is refused.</summary>
public sealed class ParameterTests : IAsyncLifetime
{
    private static readonly string[] Reading = ["consistency", "max_stale"];
    private static readonly string[] Creating = ["session", "ttl", "kind", "parents"];

    /// <summary>Each kind of request, and its parameters. Written once more, apart from the code under test.</summary>
    private static readonly (string Method, string Target, string? Body, string[] Meant)[] Requests =
    [
        ("GET", "/v1/nodes/p", null, ["view", "format", "wait", "after", "session", .. Reading]),
        ("HEAD", "/v1/nodes/p", null, ["view", "format", "wait", "after", "session", .. Reading]),
        ("GET", "/v1/nodes/p?view=stat", null, ["view", "wait", "after", "session", .. Reading]),
        ("GET", "/v1/nodes/p?view=children", null, ["view", "wait", "after", "session", "limit", "cursor", "values", .. Reading]),
        ("GET", "/v1/nodes/p?view=subtree", null, ["view", "depth", "limit", "cursor", "values", .. Reading]),
        ("GET", "/v1/nodes/p?view=acl", null, ["view", .. Reading]),
        ("PUT", "/v1/nodes/p", "new", ["version", .. Creating]),
        ("POST", "/v1/nodes/p", "new", ["prefix", .. Creating]),
        ("DELETE", "/v1/nodes/p", null, ["version", "recursive"]),
        ("POST", "/v1/transactions", "{}", []),
        ("POST", "/v1/sessions", "{}", []),
        ("GET", "/v1/sessions", null, ["limit", "cursor", .. Reading]),
        ("GET", "/v1/sessions/4711", null, [.. Reading, "limit", "cursor"]),
        ("DELETE", "/v1/sessions/4711", null, []),
        ("POST", "/v1/sessions/4711/keepalive", "", []),
        ("POST", "/v1/sessions/keepalive", """{"ids":[]}""", []),
        ("HEAD", "/v1/watch?path=/p", null,
            ["path", "scope", "from", "initial", "values", "previous", "mode", "onGap", "session", "format"]),
        ("POST", "/v1/locks/l", """{"ttl":"1s"}""", []),
        ("GET", "/v1/locks/l", null, [.. Reading, "limit", "cursor"]),
        ("GET", "/v1/tickets/4711", null, ["wait", "session"]),
        ("DELETE", "/v1/tickets/4711", null, []),
        ("GET", "/v1/cluster", null, []),
        ("POST", "/v1/cluster/members", """{"url":"http://n4:7000"}""", ["dryRun"]),
        ("DELETE", "/v1/cluster/members/n2", null, ["dryRun"]),
        ("POST", "/v1/cluster/leader", """{"member":"n2"}""", ["dryRun"]),
        ("HEAD", "/v1/cluster/snapshot", null, []),
    ];

    private readonly FakeCluster _cluster = new();
    private readonly GatewayFixture _gateway;

    public ParameterTests() => _gateway = new GatewayFixture { Cluster = _cluster };

    public static TheoryData<int> Kinds => [.. Enumerable.Range(0, Requests.Length)];

    private IEnumerable<RouteEndpoint> Described => _gateway.Services.GetRequiredService<EndpointDataSource>().Endpoints
        .OfType<RouteEndpoint>().Where(static endpoint => endpoint.Metadata.GetMetadata<RouteDescription>() is not null);

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        await _gateway.PutAsync("/v1/nodes/p", "old");
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_parameter_without_a_meaning_in_the_request_is_refused_and_nothing_is_done(int kind)
    {
        var (method, target, body, meant) = Requests[kind];
        var before = _gateway.Nodes.Revision;
        foreach (var name in KnownParameters.All.Except(meant).Order(StringComparer.Ordinal))
        {
            var url = $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}=1";
            var answer = await _gateway.SendAsync(method, url, body);
            Assert.True((int)answer.Status == 400, $"{method} {url}: {answer.Status}");
            if (method != "HEAD")
            {
                answer.ShouldBe(400, "invalid-parameter");
                Assert.Contains($"'{name}'", answer.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
            }
        }

        Assert.Equal(before, _gateway.Nodes.Revision);
        Assert.Empty(_cluster.Calls);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_known_parameter_is_never_refused_as_unknown(int kind)
    {
        var (method, target, body, meant) = Requests[kind];
        foreach (var name in meant.Where(name => !target.Contains(name + "=", StringComparison.Ordinal)))
        {
            // Beside others that it needs; a value that cannot be right, so that nothing is done.
            var beside = name switch
            {
                "max_stale" => "consistency=bounded&",
                "session" when method is "GET" or "HEAD" && !target.Contains("watch", StringComparison.Ordinal) => "wait=1ms&",
                _ => "",
            };
            var url = $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{beside}{name}=%21";
            var answer = await _gateway.SendAsync(method, url, body);
            Assert.DoesNotContain("means nothing", answer.Text, StringComparison.Ordinal);
            Assert.True(name is "path" or "prefix" || (int)answer.Status == 400, $"{method} {url}: {answer.Status}");
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_parameter_that_may_be_given_once_is_refused_twice(int kind)
    {
        var (method, target, body, meant) = Requests[kind];
        foreach (var name in meant.Except(["path"]))
        {
            var url = $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}=1&{name}=1";
            Assert.Equal(400, (int)(await _gateway.SendAsync(method, url, body)).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Names_that_the_contract_does_not_know_are_ignored(int kind)
    {
        var (method, target, body, _) = Requests[kind];
        var plain = await _gateway.SendAsync(method, target, body);
        foreach (var name in (string[])["x", "View", "rev1", "%ff", "=", "utm_source=1&utm_source"])
        {
            await _gateway.PutAsync("/v1/nodes/p", "old");
            var url = $"{target}{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}=1";
            var answer = await _gateway.SendAsync(method, url, body);
            Assert.NotEqual(400, (int)answer.Status);
            Assert.Equal((int)plain.Status / 100, (int)answer.Status / 100);
        }
    }

    [Fact]
    public void Every_route_is_among_these_requests()
    {
        var asked = Requests.Select(static request => (request.Method, request.Target.Split('?')[0])).ToList();
        foreach (var endpoint in Described)
        {
            var pattern = "^" + Regex.Replace(
                endpoint.RoutePattern.RawText!, @"\{[^}]*\}", "[^/]+", RegexOptions.NonBacktracking) + "$";
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods;
            Assert.True(
                asked.Exists(it => methods.Contains(it.Method) && Regex.IsMatch(it.Item2, pattern, RegexOptions.NonBacktracking)),
                $"{methods[0]} {endpoint.RoutePattern.RawText}");
        }
    }

    [Fact]
    public void Every_parameter_of_a_route_is_known_to_the_contract()
    {
        var described = Described
            .SelectMany(static endpoint => endpoint.Metadata.GetMetadata<RouteDescription>()!.Parameters)
            .Where(static parameter => parameter.Place == ParameterPlace.Query).Select(static parameter => parameter.Name);
        Assert.Equal(["lease", "operation", "priority", "rev"], KnownParameters.All.Except(described).Order(StringComparer.Ordinal));
        Assert.Empty(described.Except(KnownParameters.All));
    }

    [Theory]
    [InlineData("v%69ew=acl")]
    [InlineData("x=1&&view=acl")]
    [InlineData("view")]
    [InlineData("view=acl#")]
    public async Task A_name_is_recognised_however_it_is_written(string query)
    {
        (await _gateway.PutAsync("/v1/nodes/p?" + query, "new")).ShouldBe(400, "invalid-parameter");
        Assert.Equal("old", (await _gateway.GetAsync("/v1/nodes/p")).Text);
    }
}
