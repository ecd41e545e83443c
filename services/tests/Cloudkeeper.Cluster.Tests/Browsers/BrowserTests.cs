using System.Text.Json;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Browsers;

/// <summary>What a real browser does with us for pages of strangers (AT-01), and with values (AT-20).</summary>
public sealed class BrowserTests(BrowserFixture fixture) : IClassFixture<BrowserFixture>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly string[] NodeRoutes =
    [
        "/commands", "/reads", "/read-index", "/keepalives", "/feed", "/cluster", "/gateways", "/snapshot", "/raft/stream",
        "/raft/snapshot", "/membership", "/membership/announce", "/membership/invite", "/membership/members", "/membership/leader",
        "/membership/digest", "/healthz", "/readyz", "/metrics", "/nothing",
    ];

    private static readonly string[] HealthRoutes = ["/healthz", "/readyz"];

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_of_another_origin_reaches_nothing()
    {
        var tab = await Tab.OpenAsync(fixture.Chromium);
        var before = await StateAsync();
        await tab.GoAsync(fixture.Sites[0].PageOf("evil.example"));
        var servers = new[]
        {
            new { @base = Base(fixture.Cluster.Proxy), routes = await PublicRoutesAsync() },
            new { @base = Base(fixture.Cluster.Gateways[0]), routes = await PublicRoutesAsync() },
            new { @base = Base(fixture.Cluster.Nodes[0]), routes = NodeRoutes },
        };

        var got = await tab.EvaluateAsync($"({Script("attack.js")})({JsonSerializer.Serialize(servers)})");
        await tab.UntilQuietAsync(request => servers.Any(server => IsTo(request, server.@base)));

        Assert.Equal("[]", got.GetRawText());
        foreach (var server in servers)
        {
            var answered = tab.Requests.Where(request => IsTo(request, server.@base) && request.Status is not null).ToList();
            Assert.All(answered, request => Assert.True(request.Status is 403, request.ToString()));

            // All of it did arrive; other methods the browser asks about first.
            foreach (var route in server.routes)
            {
                Assert.All(["GET", "HEAD", "POST", "OPTIONS"], method => Assert.True(
                    answered.Exists(request => request.Method == method && request.Url == server.@base + route), $"{method} {route}"));
            }
        }

        Assert.Equal(before, await StateAsync());
        await tab.CloseAsync();
    }

    [Fact]
    public async Task A_page_whose_name_was_made_to_lead_here_reaches_nothing()
    {
        var tab = await Tab.OpenAsync(fixture.Chromium);
        var before = await StateAsync();
        foreach (var site in fixture.Sites)
        {
            await tab.GoAsync(site.PageOf("rebind.example"));
            var routes = site == fixture.Sites[2] ? NodeRoutes : await PublicRoutesAsync();
            var got = await tab.EvaluateAsync($"({Script("rebound.js")})({JsonSerializer.Serialize(routes)})");

            Assert.Equal(routes.Length * 7, got.GetArrayLength());
            Assert.All(got.EnumerateArray(), answer =>
            {
                // Every client may ask for the health of a process, under any name: probes have their own.
                var isHealth = HealthRoutes.Contains(answer.GetProperty("route").GetString(), StringComparer.Ordinal);
                var status = answer.GetProperty("status").GetInt32();
                Assert.True(status is 421 || (isHealth && status is 200 or 204 or 403 or 405), answer.GetRawText());
            });
        }

        Assert.Equal(before, await StateAsync());
        await tab.CloseAsync();
    }

    [Fact]
    public async Task Pages_of_our_own_origin_and_other_programs_go_on_working()
    {
        var tab = await Tab.OpenAsync(fixture.Chromium);
        foreach (var host in new[] { "127.0.0.1", "localhost" })
        {
            foreach (var site in fixture.Sites.Take(2))
            {
                await tab.GoAsync(site.PageOf(host));
                var got = await tab.EvaluateAsync("""
                    (async () => {
                      const put = await fetch('/v1/nodes/own', { method: 'PUT', body: 'hello' });
                      const read = await (await fetch('/v1/nodes/own')).text();
                      const session = await fetch('/v1/sessions', {
                        method: 'POST', body: '{"ttl":"10s"}', headers: { 'content-type': 'application/json' } });
                      const watch = await new Promise((done) => {
                        const source = new EventSource('/v1/watch?path=/own&initial=true');
                        source.onopen = () => { source.close(); done('open'); };
                        source.onerror = () => { source.close(); done('failed'); };
                      });
                      const removed = await fetch('/v1/nodes/own', { method: 'DELETE' });
                      const closed = await fetch(`/v1/sessions/${(await session.json()).id}`, { method: 'DELETE' });
                      return [put.status, read, session.status, watch, removed.status, closed.status].join(' ');
                    })()
                    """);
                Assert.Equal("201 hello 201 open 204 204", got.GetString());
            }
        }

        var curl = await Command.RunAsync("curl", ["--silent", "--show-error", "--fail", Base(fixture.Cluster.Proxy) + "/v1/cluster"]);
        Assert.True(curl.ExitCode == 0, curl.Error);
        await tab.CloseAsync();
    }

    [Fact]
    public async Task No_value_is_run_by_pages_of_our_own_origin_nor_of_another()
    {
        var site = fixture.Sites[0];
        await StoreAsync();
        var addresses = ActiveValue.All
            .SelectMany(value => new[] { $"/v1/nodes/{value.Name}", $"/v1/nodes/{value.Name}?inline=true" }).ToList();

        var tab = await Tab.OpenAsync(fixture.Chromium);
        foreach (var address in addresses)
        {
            // A person goes there; it is shown, or becomes a file.
            await tab.GoAsync(new Uri(site.PageOf("127.0.0.1"), address));
        }

        foreach (var (host, prefix) in new[] { ("127.0.0.1", ""), ("evil.example", $"http://127.0.0.1:{site.Port}") })
        {
            await tab.GoAsync(site.PageOf(host));
            foreach (var address in addresses)
            {
                await tab.EvaluateAsync($"({Script("values.js")})('{prefix}{address}')");
            }

            await tab.UntilQuietAsync(request => request.Url.Contains("/v1/nodes/", StringComparison.Ordinal));
            Assert.Equal([ActiveValue.Barrier.Name], await RanAsync(tab, site));
        }

        Assert.True((await tab.EvaluateAsync(
            $"WebAssembly.instantiateStreaming(fetch('http://127.0.0.1:{site.Port}/v1/nodes/wasm')).then(() => false, () => true)")).GetBoolean());

        // The same ways with the same contents of a site that does not mind: they do run.
        await tab.GoAsync(site.PageOf("127.0.0.1"));
        foreach (var value in ActiveValue.All)
        {
            await tab.EvaluateAsync($"({Script("values.js")})('/page/{value.Name}')");
        }

        await RanAsync(tab, site);
        string[] expected = ["barrier", "css", "html", "js", "svg", "xhtml", "xml"];
        await Eventually.TrueAsync(
            () => Task.FromResult(expected.All(site.Ran.ContainsKey)), Limit, $"all have run: {string.Join(' ', site.Ran.Keys)}");
        await tab.CloseAsync();
    }

    /// <summary>The values that have run, when all that was begun has had its turn.</summary>
    private static async Task<IEnumerable<string>> RanAsync(Tab tab, Site site)
    {
        site.Ran.TryRemove(ActiveValue.Barrier.Name, out _);
        await tab.EvaluateAsync(
            $"document.body.append(Object.assign(document.createElement('iframe'), {{ src: '/page/{ActiveValue.Barrier.Name}' }}))");
        await Eventually.TrueAsync(() => Task.FromResult(site.Ran.ContainsKey(ActiveValue.Barrier.Name)), Limit, "the last one has run");
        return site.Ran.Keys.Order(StringComparer.Ordinal);
    }

    private static string Script(string name) => File.ReadAllText(
        Path.Combine(Repository.Root, "services/tests/Cloudkeeper.Cluster.Tests/Browsers", name)).Split('\n')
        .SkipWhile(line => line.StartsWith("//", StringComparison.Ordinal)).Aggregate((all, line) => $"{all}\n{line}");

    private static string Base(ServerProcess server) => server.Address.GetLeftPart(UriPartial.Authority);

    private static bool IsTo(Tab.Request request, string server) =>
        request.Url.Replace("ws:", "http:", StringComparison.Ordinal).StartsWith(server + "/", StringComparison.Ordinal);

    private async Task StoreAsync()
    {
        using var client = new ApiClient(fixture.Cluster.Proxy.Address);
        foreach (var value in ActiveValue.All)
        {
            using var content = new ByteArrayContent(value.Bytes(fixture.Sites[0].Port));
            content.Headers.ContentType = new(value.Type);
            var stored = await client.SendAsync(HttpMethod.Put, $"/v1/nodes/{value.Name}", content);
            Assert.True(stored.IsSuccess, stored.ToString());
        }
    }

    /// <summary>All that a client could change: nodes, sessions, members. Revisions count what gateways do for themselves as well.</summary>
    private async Task<string> StateAsync()
    {
        using var client = new ApiClient(fixture.Cluster.Gateways[0].Address);
        var tree = await client.GetAsync("/v1/nodes/?view=subtree&values=true");
        Assert.Equal(200, tree.Status);
        var cluster = await client.GetAsync("/v1/cluster");
        var sessions = (await client.GetAsync("/v1/sessions")).Json.GetProperty("sessions").EnumerateArray()
            .Select(session => session.ToString()).Where(session => !session.Contains("gateway ", StringComparison.Ordinal));
        return string.Join('\n', [Nodes(tree), cluster.Json.GetProperty("members").EnumerateArray()
            .Select(member => member.GetProperty("id").ToString()).Aggregate("", (all, id) => $"{all} {id}"), .. sessions]);
    }

    private static string Nodes(Answer tree) => tree.Json.GetProperty("nodes").GetRawText();

    /// <summary>Of the OpenAPI document, with something in the place of each parameter.</summary>
    private async Task<string[]> PublicRoutesAsync()
    {
        using var client = new ApiClient(fixture.Cluster.Gateways[0].Address);
        var document = await client.GetAsync("/openapi/v1.json");
        return
        [
            .. document.Json.GetProperty("paths").EnumerateObject()
                .Select(path => System.Text.RegularExpressions.Regex.Replace(path.Name, "{[^}]*}", "1", default, Limit)),
            "/healthz", "/readyz", "/metrics", "/openapi/v1.json", "/nothing",
        ];
    }
}
