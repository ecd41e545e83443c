using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Nodes;

[Collection(SharedGateway.Name)]
public sealed class NodeReadTests(GatewayFixture gateway)
{
    private readonly string _path = "/v1/nodes/read-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task A_value_comes_as_it_was_stored_with_its_stat()
    {
        var put = await gateway.SendAsync("PUT", _path, "<b>x</b>", "text/html");
        var answer = (await gateway.GetAsync(_path)).ShouldBe(200);
        Assert.Equal("<b>x</b>", answer.Text);
        Assert.Equal("text/html", answer.Headers["Content-Type"]);
        Assert.Equal($"\"{put.Revision}\"", answer.Headers["ETag"]);
        Assert.Equal("0", answer.Headers["Cloudkeeper-Version"]);
        Assert.Equal("miss", answer.Headers["Cloudkeeper-Cache"]);
        Assert.Equal("linearizable", answer.Headers["Cloudkeeper-Consistency"]);
        Assert.Equal("nosniff", answer.Headers["X-Content-Type-Options"]);
        Assert.Equal("sandbox", answer.Headers["Content-Security-Policy"]);
        Assert.Equal("8", answer.Headers["Content-Length"]);
        Assert.False(answer.Headers.ContainsKey("Cloudkeeper-Staleness-Ms"));
    }

    [Fact]
    public async Task Head_has_the_same_headers_without_the_value()
    {
        await gateway.PutAsync(_path, "12345");
        var head = (await gateway.SendAsync("HEAD", _path)).ShouldBe(200);
        var get = await gateway.GetAsync(_path);
        Assert.Empty(head.Body);
        Assert.Equal(
            get.Headers.Where(h => h.Key != "Date").OrderBy(h => h.Key, StringComparer.Ordinal),
            head.Headers.Where(h => h.Key != "Date").OrderBy(h => h.Key, StringComparer.Ordinal));
        Assert.Equal(404, (int)(await gateway.SendAsync("HEAD", _path + "-none")).Status);
    }

    [Fact]
    public async Task The_envelope_has_everything()
    {
        await gateway.SendAsync("PUT", _path, "größe", "text/plain");
        var json = (await gateway.GetAsync(_path + "?format=json")).ShouldBe(200).Json;
        Assert.Equal("größe", json.GetProperty("value").GetString());
        Assert.Equal("utf8", json.GetProperty("encoding").GetString());
        Assert.Equal("text/plain", json.GetProperty("contentType").GetString());
        Assert.Equal(
            [
                "createdRevision", "modifiedRevision", "childrenRevision", "version", "childrenVersion", "aclVersion",
                "createdAt", "modifiedAt", "kind", "ephemeralOwner", "ttl", "dataLength", "childCount",
            ],
            json.GetProperty("stat").EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task An_absent_node_is_not_found_at_a_revision()
    {
        var answer = (await gateway.GetAsync(_path)).ShouldBe(404, "node-not-found");
        Assert.Equal(answer.Revision, answer.Json.GetProperty("revision").GetInt64());
        (await gateway.GetAsync(_path + "?view=stat")).ShouldBe(404, "node-not-found");
        (await gateway.GetAsync(_path + "?view=children")).ShouldBe(404, "node-not-found");
    }

    [Theory]
    [InlineData("\"{0}\"", 304)]
    [InlineData("W/\"{0}\"", 304)]
    [InlineData("\"other\", \"{0}\"", 304)]
    [InlineData("*", 304)]
    [InlineData("\"1\",, W/\"{0}\"", 304)]
    [InlineData("\"1\"", 200)]
    [InlineData("\"\"", 200)]
    public async Task If_none_match_spares_the_value_that_the_client_has(string tag, int status)
    {
        var put = await gateway.PutAsync(_path, "v");
        var sent = tag.Replace("{0}", $"{put.Revision}", StringComparison.Ordinal);
        var answer = (await gateway.GetAsync(_path, ("If-None-Match", sent))).ShouldBe(status);
        Assert.Equal(status == 304 ? "" : "v", answer.Text);
        Assert.Equal($"\"{put.Revision}\"", answer.Headers["ETag"]);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("\"5")]
    [InlineData("\"5\" \"6\"")]
    [InlineData("*, \"5\"")]
    [InlineData("")]
    public async Task A_malformed_condition_is_refused(string tag)
    {
        await gateway.PutAsync(_path);
        (await gateway.GetAsync(_path, ("If-None-Match", tag))).ShouldBe(400, "invalid-condition");
    }

    [Fact]
    public async Task If_match_holds_for_reads_as_in_HTTP()
    {
        var put = await gateway.PutAsync(_path);
        (await gateway.GetAsync(_path, ("If-Match", $"\"{put.Revision}\""))).ShouldBe(200);
        (await gateway.GetAsync(_path, ("If-Match", "\"1\""))).ShouldBe(412, "revision-mismatch");
        (await gateway.GetAsync(_path, ("If-Match", $"W/\"{put.Revision}\""))).ShouldBe(412, "revision-mismatch");
        (await gateway.GetAsync(_path + "x", ("If-Match", "*"))).ShouldBe(412, "node-not-found");
    }

    [Theory]
    [InlineData("session")]
    [InlineData("stale")]
    public async Task Other_consistencies_are_named_in_the_answer(string consistency)
    {
        await gateway.PutAsync(_path);
        var answer = (await gateway.GetAsync($"{_path}?consistency={consistency}")).ShouldBe(200);
        Assert.Equal(consistency, answer.Headers["Cloudkeeper-Consistency"]);
        Assert.True(int.Parse(answer.Headers["Cloudkeeper-Staleness-Ms"], null) >= 0);
    }

    [Fact]
    public async Task A_bounded_read_that_is_not_proved_fresh_is_linearizable()
    {
        await gateway.PutAsync(_path);
        var answer = (await gateway.GetAsync(_path + "?consistency=bounded&max_stale=0s")).ShouldBe(200);
        Assert.Equal("linearizable", answer.Headers["Cloudkeeper-Consistency"]);
        (await gateway.GetAsync(_path + "?consistency=bounded")).ShouldBe(400, "invalid-parameter");
    }

    [Fact]
    public async Task A_revision_that_the_client_has_seen_is_reflected()
    {
        var put = await gateway.PutAsync(_path, "v");
        var min = ("Cloudkeeper-Min-Revision", $"{put.Revision}");
        Assert.Equal("v", (await gateway.GetAsync(_path + "?consistency=session", min)).Text);
        Assert.Equal("v", (await gateway.GetAsync(_path, min)).Text);
    }

    [Fact]
    public async Task A_revision_that_does_not_exist_is_not_reached()
    {
        await gateway.PutAsync(_path);
        var min = ("Cloudkeeper-Min-Revision", "9007199254740991");
        var linearizable = gateway.GetAsync(_path, min);
        var session = gateway.GetAsync(_path + "?consistency=session", min);
        (await linearizable).ShouldBe(503, "revision-not-reached");
        (await session).ShouldBe(503, "revision-not-reached");
        (await gateway.GetAsync(_path + "?consistency=stale", min)).ShouldBe(200);
    }

    [Theory]
    [InlineData("?consistency=strong", "invalid-parameter")]
    [InlineData("?view=tree", "invalid-parameter")]
    [InlineData("?format=xml", "invalid-parameter")]
    [InlineData("?view=children&limit=0", "invalid-parameter")]
    [InlineData("?view=children&limit=10001", "invalid-parameter")]
    [InlineData("?view=children&cursor=%21", "invalid-parameter")]
    [InlineData("?view=children&cursor=Lw", "invalid-parameter")]
    [InlineData("?view=children&values=yes", "invalid-parameter")]
    [InlineData("?view=subtree&cursor=L2E", "invalid-parameter")]
    [InlineData("?view=subtree&depth=-1", "invalid-parameter")]
    [InlineData("?view=subtree&wait=1s", "invalid-parameter")]
    [InlineData("?view=acl&wait=1s", "invalid-parameter")]
    [InlineData("?wait=61s", "invalid-parameter")]
    [InlineData("?wait=1", "invalid-parameter")]
    [InlineData("?after=-1&wait=1s", "invalid-revision")]
    [InlineData("?after=9007199254740992", "invalid-revision")]
    public async Task Other_parameters_are_refused(string query, string code) =>
        (await gateway.GetAsync(_path + query)).ShouldBe(400, code);

    [Theory]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("")]
    public async Task Other_revisions_are_refused(string revision) =>
        (await gateway.GetAsync(_path, ("Cloudkeeper-Min-Revision", revision))).ShouldBe(400, "invalid-revision");

    [Fact]
    public async Task Children_come_in_pages_ordered_by_their_bytes()
    {
        foreach (var name in (string[])["", "/b", "/a", "/B", "/a0", "/%C3%B6"])
        {
            await gateway.PutAsync(_path + name, "v" + name);
        }

        var names = new List<string>();
        var cursor = "";
        do
        {
            var page = (await gateway.GetAsync($"{_path}?view=children&limit=2{cursor}")).ShouldBe(200).Json;
            names.AddRange(page.GetProperty("children").EnumerateArray().Select(c => c.GetProperty("name").GetString()!));
            cursor = page.TryGetProperty("cursor", out var next) ? "&cursor=" + next.GetString() : "";
            Assert.True(page.GetProperty("children").GetArrayLength() <= 2);
        }
        while (cursor.Length > 0);

        Assert.Equal(["B", "a", "a0", "b", "ö"], names);
    }

    [Fact]
    public async Task Children_come_with_values_on_demand()
    {
        await gateway.PutAsync(_path);
        await gateway.PutAsync(_path + "/a", "1");
        var plain = (await gateway.GetAsync(_path + "?view=children")).Json.GetProperty("children")[0];
        Assert.Equal(["name", "contentType", "stat"], plain.EnumerateObject().Select(member => member.Name));
        var full = (await gateway.GetAsync(_path + "?view=children&values=true")).Json.GetProperty("children")[0];
        Assert.Equal("1", full.GetProperty("value").GetString());
    }

    [Fact]
    public async Task A_subtree_comes_in_pages_ordered_by_the_bytes_of_its_paths()
    {
        foreach (var name in (string[])["", "/a", "/a/x", "/a-b", "/a/x/y", "/B", "0"])
        {
            await gateway.PutAsync(_path + name, "v" + name);
        }

        Assert.Equal(["", "/B", "/a", "/a-b", "/a/x", "/a/x/y"], await SubtreeAsync("&limit=2"));
        Assert.Equal(["", "/B", "/a", "/a-b"], await SubtreeAsync("&limit=1&depth=1"));
        Assert.Equal([""], await SubtreeAsync("&depth=0"));
    }

    [Fact]
    public async Task A_subtree_comes_with_values_on_demand()
    {
        await gateway.PutAsync(_path, "top");
        var plain = (await gateway.GetAsync(_path + "?view=subtree")).ShouldBe(200).Json.GetProperty("nodes")[0];
        Assert.Equal(["path", "contentType", "stat"], plain.EnumerateObject().Select(member => member.Name));
        var full = (await gateway.GetAsync(_path + "?view=subtree&values=true")).Json.GetProperty("nodes")[0];
        Assert.Equal("top", full.GetProperty("value").GetString());
        (await gateway.GetAsync(_path + "-none?view=subtree")).ShouldBe(404, "node-not-found");
    }

    [Fact]
    public async Task The_access_control_list_is_the_one_of_ZooKeeper_that_allows_everything()
    {
        await gateway.PutAsync(_path);
        var json = (await gateway.GetAsync(_path + "?view=acl")).ShouldBe(200).Json;
        var entry = Assert.Single(json.GetProperty("acl").EnumerateArray());
        Assert.Equal("world", entry.GetProperty("scheme").GetString());
        Assert.Equal("anyone", entry.GetProperty("id").GetString());
        Assert.Equal("cdrwa", entry.GetProperty("permissions").GetString());
        Assert.Equal(0, json.GetProperty("aclVersion").GetInt32());
        (await gateway.GetAsync(_path + "-none?view=acl")).ShouldBe(404, "node-not-found");
    }

    [Fact]
    public async Task A_stat_comes_without_the_value()
    {
        await gateway.PutAsync(_path, "secret");
        var answer = (await gateway.GetAsync(_path + "?view=stat")).ShouldBe(200);
        Assert.Equal(["path", "contentType", "stat"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
    }

    /// <returns>What each path has behind that of the node on top.</returns>
    private async Task<List<string>> SubtreeAsync(string query)
    {
        var top = _path["/v1/nodes".Length..];
        var paths = new List<string>();
        var cursor = "";
        do
        {
            var page = (await gateway.GetAsync($"{_path}?view=subtree{query}{cursor}")).ShouldBe(200).Json;
            paths.AddRange(page.GetProperty("nodes").EnumerateArray()
                .Select(node => node.GetProperty("path").GetString()![top.Length..]));
            cursor = page.TryGetProperty("cursor", out var next) ? "&cursor=" + next.GetString() : "";
        }
        while (cursor.Length > 0);

        return paths;
    }
}
