using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Gateway.Tests.Watches;

namespace Cloudkeeper.Gateway.Tests.Guard;

/// <summary>The headers of answers for caches, and for other intermediaries.</summary>
[Collection(SharedGateway.Name)]
public sealed class CachingTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("")]
    [InlineData("?format=json")]
    [InlineData("?view=stat")]
    [InlineData("?view=children&values=true")]
    [InlineData("?view=subtree")]
    [InlineData("?view=acl")]
    [InlineData("?consistency=stale")]
    public async Task A_read_of_a_node_is_asked_for_again_each_time(string query)
    {
        var written = await gateway.PutAsync("/v1/nodes/cached", "v");

        foreach (var method in new[] { "GET", "HEAD" })
        {
            var answer = await gateway.SendAsync(method, "/v1/nodes/cached" + query);
            Assert.Equal(200, (int)answer.Status);
            Assert.Equal("no-cache", answer.Headers["Cache-Control"]);
            Assert.Contains("Cloudkeeper-Min-Revision", answer.Headers["Vary"], StringComparison.Ordinal);
        }

        Assert.Equal("no-store", written.Headers["Cache-Control"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?wait=10ms&after=9007199254740000")]
    [InlineData("?view=stat&wait=10ms&after=9007199254740000")]
    public async Task That_there_is_nothing_new_holds_for_one_request(string query)
    {
        var tag = (await gateway.PutAsync("/v1/nodes/unchanged", "v")).Headers["ETag"];

        var answer = await gateway.GetAsync("/v1/nodes/unchanged" + query, ("If-None-Match", tag));

        Assert.Equal(304, (int)answer.Status);
        Assert.Equal(tag, answer.Headers["ETag"]);
        Assert.Equal("no-cache", answer.Headers["Cache-Control"]);
        Assert.Contains("Cloudkeeper-Min-Revision", answer.Headers["Vary"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/nodes/absent", 404)]
    [InlineData("HEAD", "/v1/nodes/absent", 404)]
    [InlineData("GET", "/v1/nodes/absent?view=children", 404)]
    [InlineData("GET", "/v1/nodes//", 400)]
    [InlineData("GET", "/v1/nothing", 404)]
    [InlineData("PATCH", "/v1/nodes/absent", 405)]
    [InlineData("DELETE", "/v1/nodes/absent", 404)]
    [InlineData("GET", "/v1/sessions", 200)]
    [InlineData("GET", "/v1/sessions/4711", 404)]
    [InlineData("POST", "/v1/sessions", 201)]
    [InlineData("GET", "/v1/locks/cached", 200)]
    [InlineData("GET", "/v1/tickets/4711", 404)]
    [InlineData("GET", "/v1/cluster", 200)]
    [InlineData("GET", "/v1/watch?path=/a&from=x", 400)]
    [InlineData("POST", "/v1/transactions", 400)]
    [InlineData("GET", "/readyz", 200)]
    [InlineData("GET", "/healthz", 200)]
    [InlineData("GET", "/metrics", 200)]
    [InlineData("GET", "/openapi/v1.json", 200)]
    public async Task Nothing_else_is_kept_not_even_an_absence(string method, string target, int status)
    {
        var answer = await gateway.SendAsync(method, target);

        Assert.Equal(status, (int)answer.Status);
        Assert.Contains("no-store", answer.Headers["Cache-Control"], StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
        Assert.Equal("same-origin", answer.Headers["Cross-Origin-Resource-Policy"]);
        Assert.Equal("same-origin", answer.Headers["Cross-Origin-Opener-Policy"]);
        Assert.Equal("no-referrer", answer.Headers["Referrer-Policy"]);
    }

    [Fact]
    public async Task An_answer_that_was_begun_and_refused_is_not_kept()
    {
        await gateway.PutAsync("/v1/nodes/conditional", "v");
        var answer = await gateway.GetAsync("/v1/nodes/conditional", ("If-Match", "\"1\""));
        answer.ShouldBe(412, "revision-mismatch");
        Assert.Equal("no-store", answer.Headers["Cache-Control"]);
    }

    [Fact]
    public async Task A_stream_is_neither_kept_nor_compressed_nor_gathered_on_its_way()
    {
        await using var watch = await WatchClient.OpenAsync(gateway, "path=/streamed");
        Assert.Equal("no-store, no-transform", watch.Response.Headers.CacheControl?.ToString());
        Assert.Equal("no", watch.Response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Contains("Accept", watch.Response.Headers.Vary);
        Assert.Equal("nosniff", watch.Response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    /// <summary>Types from lists of what browsers run, in spellings that they take for them.</summary>
    [Theory]
    [InlineData("text/html", true)]
    [InlineData("TEXT/HTML; charset=utf-8", true)]
    [InlineData("text/plain, text/html", true)]
    [InlineData("application/xhtml+xml", true)]
    [InlineData("text/xml", true)]
    [InlineData("application/xml", true)]
    [InlineData("application/atom+xml", true)]
    [InlineData("text/xsl", true)]
    [InlineData("application/xslt+xml", true)]
    [InlineData("image/svg+xml", true)]
    [InlineData("text/javascript", true)]
    [InlineData("application/javascript", true)]
    [InlineData("application/x-javascript", true)]
    [InlineData("text/ecmascript", true)]
    [InlineData("text/jscript", true)]
    [InlineData("text/livescript", true)]
    [InlineData("text/vbscript", true)]
    [InlineData("text/css", true)]
    [InlineData("application/wasm", true)]
    [InlineData("application/pdf", true)]
    [InlineData("application/x-shockwave-flash", true)]
    [InlineData("application/java-archive", true)]
    [InlineData("multipart/x-mixed-replace; boundary=x", true)]
    [InlineData("multipart/related", true)]
    [InlineData("message/rfc822", true)]
    [InlineData("application/x-mimearchive", true)]
    [InlineData("application/speculationrules+json", true)]
    [InlineData("application/json", false)]
    [InlineData("application/merge-patch+json", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData("text/plain; charset=utf-8", false)]
    [InlineData("text/csv", false)]
    [InlineData("application/yaml", false)]
    [InlineData("image/png", false)]
    [InlineData("application/x-protobuf", false)]
    public async Task A_value_that_a_browser_could_run_is_a_file_to_it(string type, bool isActive)
    {
        const string Path = "/v1/nodes/active";
        await gateway.SendAsync("DELETE", Path);
        using var request = new HttpRequestMessage(HttpMethod.Put, Path) { Content = new StringContent("<b>1</b>") };
        request.Content.Headers.Remove("Content-Type");
        Assert.True(request.Content.Headers.TryAddWithoutValidation("Content-Type", type));
        using var written = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)written.StatusCode);

        foreach (var method in new[] { "GET", "HEAD" })
        {
            var answer = await gateway.SendAsync(method, Path);
            Assert.Equal(type, answer.Headers["Content-Type"]);
            Assert.Equal(isActive ? "attachment" : null, answer.Headers.GetValueOrDefault("Content-Disposition"));
            Assert.Equal("sandbox", answer.Headers["Content-Security-Policy"]);
            Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);

            var shown = await gateway.SendAsync(method, Path + "?inline=true");
            Assert.Equal(type, shown.Headers["Content-Type"]);
            Assert.DoesNotContain("Content-Disposition", shown.Headers.Keys);
            Assert.Equal("sandbox", shown.Headers["Content-Security-Policy"]);
        }

        (await gateway.GetAsync(Path + "?inline=yes")).ShouldBe(400, "invalid-parameter");
        Assert.DoesNotContain("Content-Disposition", (await gateway.GetAsync(Path + "?format=json")).Headers.Keys);
    }
}
