using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Nodes;

[Collection(SharedGateway.Name)]
public sealed class NodeWriteTests(GatewayFixture gateway)
{
    private readonly string _path = "/v1/nodes/write-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task A_put_creates_a_node_and_returns_its_location()
    {
        var answer = (await gateway.PutAsync(_path, "hello")).ShouldBe(201);
        Assert.Equal(_path, answer.Headers["Location"]);
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
        Assert.Equal(_path["/v1/nodes".Length..], answer.Json.GetProperty("path").GetString());
        Assert.Equal("application/octet-stream", answer.Json.GetProperty("contentType").GetString());
        var stat = answer.Json.GetProperty("stat");
        Assert.Equal(answer.Revision, stat.GetProperty("createdRevision").GetInt64());
        Assert.Equal(5, stat.GetProperty("dataLength").GetInt32());
        Assert.Equal("persistent", stat.GetProperty("kind").GetString());
        Assert.EndsWith("Z", stat.GetProperty("createdAt").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_answer_to_a_write_has_the_entity_tag_for_the_next_one()
    {
        var created = (await gateway.PutAsync(_path, "1")).ShouldBe(201);
        var changed = (await gateway.PutAsync(_path, "2", ("If-Match", created.Headers["ETag"]))).ShouldBe(200);
        Assert.Equal((await gateway.GetAsync(_path)).Headers["ETag"], changed.Headers["ETag"]);
        (await gateway.PutAsync(_path, "3", ("If-Match", created.Headers["ETag"]))).ShouldBe(412, "revision-mismatch");
        var child = (await gateway.PostAsync(_path + "?prefix=n")).ShouldBe(201);
        Assert.Equal((await gateway.GetAsync(child.Headers["Location"])).Headers["ETag"], child.Headers["ETag"]);
    }

    [Fact]
    public async Task A_second_put_replaces_the_value_in_a_new_revision()
    {
        var first = await gateway.PutAsync(_path, "1");
        var second = (await gateway.PutAsync(_path, "2")).ShouldBe(200);
        Assert.Equal(first.Revision + 1, second.Revision);
        Assert.Equal(1, second.Json.GetProperty("stat").GetProperty("version").GetInt32());
        Assert.Equal("2", (await gateway.GetAsync(_path)).Text);
    }

    [Theory]
    [InlineData(null, "application/octet-stream")]
    [InlineData("application/x-www-form-urlencoded", "application/octet-stream")]
    [InlineData("text/plain; charset=utf-8", "text/plain; charset=utf-8")]
    public async Task The_content_type_is_kept_unless_it_is_only_a_default(string? sent, string stored)
    {
        await gateway.SendAsync("PUT", _path, "x", sent);
        Assert.Equal(stored, (await gateway.GetAsync(_path)).Headers["Content-Type"]);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_come_back_as_they_were()
    {
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        using var content = new ByteArrayContent(bytes);
        using var response = await gateway.Client.PutAsync(new Uri(gateway.Address, _path), content, TestContext.Current.CancellationToken);
        Assert.Equal(bytes, (await gateway.GetAsync(_path)).Body);
        var envelope = (await gateway.GetAsync(_path + "?format=json")).Json;
        Assert.Equal("base64", envelope.GetProperty("encoding").GetString());
        Assert.Equal(bytes, envelope.GetProperty("value").GetBytesFromBase64());
    }

    [Fact]
    public async Task A_missing_parent_is_created_only_on_demand()
    {
        (await gateway.PutAsync(_path + "/a/b")).ShouldBe(404, "parent-not-found");
        (await gateway.PutAsync(_path + "/a/b?parents=true")).ShouldBe(201);
        (await gateway.GetAsync(_path + "/a")).ShouldBe(200);
    }

    [Fact]
    public async Task Create_only_refuses_an_existing_node_and_shows_it()
    {
        (await gateway.PutAsync(_path, "1", ("If-None-Match", "*"))).ShouldBe(201);
        var refused = (await gateway.PutAsync(_path, "2", ("If-None-Match", "*"))).ShouldBe(412, "node-exists");
        Assert.Equal(0, refused.Json.GetProperty("stat").GetProperty("version").GetInt32());
        Assert.Equal(refused.Revision, refused.Json.GetProperty("revision").GetInt64());
    }

    [Fact]
    public async Task If_match_replaces_only_the_state_it_names()
    {
        var first = await gateway.PutAsync(_path, "1");
        var tag = $"\"{first.Revision}\"";
        (await gateway.PutAsync(_path, "2", ("If-Match", tag))).ShouldBe(200);
        var refused = (await gateway.PutAsync(_path, "3", ("If-Match", tag))).ShouldBe(412, "revision-mismatch");
        Assert.Equal(1, refused.Json.GetProperty("stat").GetProperty("version").GetInt32());
        (await gateway.DeleteAsync(_path, ("If-Match", tag))).ShouldBe(412, "revision-mismatch");
        (await gateway.PutAsync(_path, "3", ("If-Match", "*"))).ShouldBe(200);
    }

    [Fact]
    public async Task A_version_is_checked_as_in_ZooKeeper()
    {
        await gateway.PutAsync(_path, "1");
        (await gateway.PutAsync(_path + "?version=1", "2")).ShouldBe(412, "version-mismatch");
        (await gateway.PutAsync(_path + "?version=0", "2")).ShouldBe(200);
        (await gateway.PutAsync(_path + "?version=-1", "3")).ShouldBe(200);
        (await gateway.DeleteAsync(_path + "?version=0")).ShouldBe(412, "version-mismatch");
        (await gateway.DeleteAsync(_path + "?version=2")).ShouldBe(204);
    }

    [Fact]
    public async Task A_condition_on_an_absent_node_fails_as_a_condition()
    {
        (await gateway.PutAsync(_path, "", ("If-Match", "\"1\""))).ShouldBe(412, "node-not-found");
        (await gateway.PutAsync(_path + "?version=-1")).ShouldBe(412, "node-not-found");
        (await gateway.DeleteAsync(_path, ("If-Match", "*"))).ShouldBe(412, "node-not-found");
        (await gateway.DeleteAsync(_path)).ShouldBe(404, "node-not-found");
    }

    [Theory]
    [InlineData("If-None-Match", "\"5\"")]
    [InlineData("If-Match", "5")]
    [InlineData("If-None-Match", "*, \"5\"")]
    [InlineData("If-Match", "*, \"5\"")]
    [InlineData("If-Match", "\"5\" \"6\"")]
    [InlineData("If-Match", "\"5")]
    [InlineData("If-Match", "")]
    [InlineData("If-Unmodified-Since", "Sun, 22 Nov 2026 12:00:00 GMT")]
    public async Task Other_conditions_are_refused(string name, string value) =>
        (await gateway.PutAsync(_path, "", (name, value))).ShouldBe(400, "invalid-condition");

    [Theory]
    [InlineData("\"1\", {0}")]
    [InlineData("{0}, \"9999999\"")]
    [InlineData("\"other\" ,{0}, W/\"5\"")]
    [InlineData("{0},, {0}")]
    public async Task One_of_several_tags_is_enough(string tags)
    {
        var put = await gateway.PutAsync(_path, "1");
        var sent = tags.Replace("{0}", put.Headers["ETag"], StringComparison.Ordinal);
        var second = (await gateway.PutAsync(_path, "2", ("If-Match", sent))).ShouldBe(200);
        (await gateway.PutAsync(_path, "3", ("If-Match", sent))).ShouldBe(412, "revision-mismatch");
        (await gateway.DeleteAsync(_path, ("If-Match", sent))).ShouldBe(412, "revision-mismatch");
        (await gateway.DeleteAsync(_path, ("If-Match", $"{sent}, {second.Headers["ETag"]}"))).ShouldBe(204);
        (await gateway.PutAsync(_path, "4", ("If-Match", sent))).ShouldBe(412, "node-not-found");
    }

    [Fact]
    public async Task Tags_on_several_lines_are_one_list()
    {
        var put = await gateway.PutAsync(_path, "1");
        (await gateway.PutAsync(_path, "2", ("If-Match", "\"1\""), ("If-Match", put.Headers["ETag"]))).ShouldBe(200);
    }

    [Theory]
    [InlineData("W/{0}")]
    [InlineData("\"x\"")]
    [InlineData("\"\"")]
    [InlineData("\"0{1}\"")]
    [InlineData("W/{0}, \"x\"")]
    public async Task A_weak_tag_or_that_of_another_never_matches(string tag)
    {
        var put = await gateway.PutAsync(_path, "1");
        var sent = tag.Replace("{0}", put.Headers["ETag"], StringComparison.Ordinal)
            .Replace("{1}", $"{put.Revision}", StringComparison.Ordinal);
        var refused = (await gateway.PutAsync(_path, "2", ("If-Match", sent))).ShouldBe(412, "revision-mismatch");
        Assert.Equal(put.Revision, refused.Json.GetProperty("stat").GetProperty("modifiedRevision").GetInt64());
        (await gateway.DeleteAsync(_path, ("If-Match", sent))).ShouldBe(412, "revision-mismatch");
        Assert.Equal("1", (await gateway.GetAsync(_path)).Text);
    }

    [Fact]
    public async Task A_repeat_of_a_write_with_several_tags_is_a_repeat()
    {
        var put = await gateway.PutAsync(_path, "1");
        (string, string)[] headers = [("If-Match", $"\"1\", {put.Headers["ETag"]}"), ("Idempotency-Key", Guid.NewGuid().ToString())];
        var first = (await gateway.PutAsync(_path, "2", headers)).ShouldBe(200);
        var repeat = (await gateway.PutAsync(_path, "2", headers)).ShouldBe(200);
        Assert.Equal(("true", first.Revision), (repeat.Headers["Idempotent-Replayed"], repeat.Revision));
    }

    [Fact]
    public async Task Conditions_that_contradict_each_other_are_refused()
    {
        (await gateway.PutAsync(_path, "", ("If-None-Match", "*"), ("If-Match", "*"))).ShouldBe(400, "invalid-condition");
        (await gateway.PutAsync(_path + "?version=1", "", ("If-None-Match", "*"))).ShouldBe(400, "invalid-condition");
        (await gateway.DeleteAsync(_path, ("If-None-Match", "*"))).ShouldBe(400, "invalid-condition");
        (await gateway.PostAsync(_path, "", ("If-Match", "*"))).ShouldBe(400, "invalid-condition");
    }

    [Fact]
    public async Task An_ephemeral_node_goes_with_its_session_and_has_no_children()
    {
        var session = await gateway.OpenSessionAsync();
        var answer = (await gateway.PutAsync($"{_path}?session={session}")).ShouldBe(201);
        Assert.Equal(session, answer.Json.GetProperty("stat").GetProperty("ephemeralOwner").GetInt64());
        (await gateway.PutAsync(_path + "/child")).ShouldBe(409, "ephemeral-parent");
        (await gateway.DeleteAsync($"/v1/sessions/{session}")).ShouldBe(204);
        (await gateway.GetAsync(_path)).ShouldBe(404, "node-not-found");
        (await gateway.PutAsync($"{_path}?session={session}")).ShouldBe(410, "session-expired");
        (await gateway.PutAsync($"{_path}?session=9007199254740991")).ShouldBe(404, "session-not-found");
    }

    [Fact]
    public async Task A_node_keeps_its_kind_and_a_ttl_can_change()
    {
        var created = (await gateway.PutAsync(_path + "?ttl=90s")).ShouldBe(201);
        Assert.Equal("90s", created.Json.GetProperty("stat").GetProperty("ttl").GetString());
        var changed = (await gateway.PutAsync(_path + "?ttl=1.5m")).ShouldBe(200);
        Assert.Equal("ttl", changed.Json.GetProperty("stat").GetProperty("kind").GetString());
        (await gateway.PutAsync(_path, "no kind named")).ShouldBe(200);
        (await gateway.PutAsync(_path + "?kind=container")).ShouldBe(409, "kind-mismatch");
    }

    [Theory]
    [InlineData("?ttl=10s&kind=container")]
    [InlineData("?ttl=10")]
    [InlineData("?ttl=0s")]
    [InlineData("?ttl=0.0001s")]
    [InlineData("?kind=persistent")]
    [InlineData("?session=x")]
    [InlineData("?session=0")]
    [InlineData("?session=1&session=2")]
    [InlineData("?parents=1")]
    [InlineData("?parents=True")]
    [InlineData("?version=-2")]
    [InlineData("?version=1.0")]
    [InlineData("?version=2147483648")]
    [InlineData("?version=%ff")]
    public async Task A_parameter_out_of_its_range_is_refused(string query) =>
        (await gateway.PutAsync(_path + query)).ShouldBe(400, "invalid-parameter");

    [Fact]
    public async Task Unknown_parameters_are_ignored() => (await gateway.PutAsync(_path + "?foo=bar&foo=%zz")).ShouldBe(201);

    [Fact]
    public async Task Sequential_children_are_numbered_by_their_parent()
    {
        await gateway.PutAsync(_path);
        var first = (await gateway.PostAsync(_path + "?prefix=lock-", "v")).ShouldBe(201);
        Assert.Equal(_path + "/lock-0000000000", first.Headers["Location"]);
        var second = (await gateway.PostAsync(_path)).ShouldBe(201);
        Assert.Equal(_path + "/0000000001", second.Headers["Location"]);
        (await gateway.PostAsync(_path + "?prefix=a/b")).ShouldBe(400, "invalid-parameter");
        (await gateway.PostAsync(_path + "?prefix=%01")).ShouldBe(400, "invalid-path");
        (await gateway.PostAsync(_path + "/none")).ShouldBe(404, "parent-not-found");
    }

    [Fact]
    public async Task A_location_is_percent_encoded()
    {
        var answer = (await gateway.PutAsync(_path + "%20%C3%B6%3F")).ShouldBe(201);
        Assert.Equal(_path + "%20%C3%B6%3F", answer.Headers["Location"]);
        Assert.EndsWith(" ö?", answer.Json.GetProperty("path").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_takes_children_only_on_demand()
    {
        await gateway.PutAsync(_path + "/a/b?parents=true");
        (await gateway.DeleteAsync(_path)).ShouldBe(409, "has-children");
        var deleted = (await gateway.DeleteAsync(_path + "?recursive=true")).ShouldBe(204);
        Assert.Empty(deleted.Body);
        Assert.True(deleted.Revision > 0);
        (await gateway.GetAsync(_path + "/a/b")).ShouldBe(404, "node-not-found");
    }

    [Fact]
    public async Task The_root_can_be_written_but_not_deleted()
    {
        (await gateway.PutAsync("/v1/nodes", "root")).ShouldBe(200);
        Assert.Equal("root", (await gateway.GetAsync("/v1/nodes/")).Text);
        (await gateway.DeleteAsync("/v1/nodes")).ShouldBe(400, "invalid-operation");
        (await gateway.DeleteAsync("/v1/nodes/?recursive=true")).ShouldBe(400, "invalid-operation");
    }

    [Fact]
    public async Task A_repeat_with_its_idempotency_key_is_answered_again_not_executed_again()
    {
        var first = (await gateway.PostAsync("/v1/nodes", "v", ("Idempotency-Key", _path))).ShouldBe(201);
        var again = (await gateway.PostAsync("/v1/nodes", "v", ("Idempotency-Key", _path))).ShouldBe(201);
        Assert.False(first.Headers.ContainsKey("Idempotent-Replayed"));
        Assert.Equal("true", again.Headers["Idempotent-Replayed"]);
        Assert.Equal(first.Headers["Location"], again.Headers["Location"]);
        Assert.Equal(first.Revision, again.Revision);
        Assert.Equal(first.Text, again.Text);
    }

    [Fact]
    public async Task A_refusal_is_replayed_too()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var first = (await gateway.DeleteAsync(_path, key)).ShouldBe(404, "node-not-found");
        await gateway.PutAsync(_path);
        var again = (await gateway.DeleteAsync(_path, key)).ShouldBe(404, "node-not-found");
        Assert.Equal(first.Revision, again.Revision);
        Assert.Equal("true", again.Headers["Idempotent-Replayed"]);
    }

    [Fact]
    public async Task Another_request_under_the_same_key_is_refused()
    {
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        await gateway.PutAsync(_path, "1", key);
        (await gateway.PutAsync(_path, "2", key)).ShouldBe(422, "idempotency-key-reuse");
        (await gateway.PutAsync(_path + "?parents=true", "1", key)).ShouldBe(422, "idempotency-key-reuse");
        (await gateway.PutAsync(_path, "1", key, ("If-Match", "*"))).ShouldBe(422, "idempotency-key-reuse");
        (await gateway.PutAsync(_path, "1", key, ("Cloudkeeper-Fence", "1"))).ShouldBe(422, "idempotency-key-reuse");
        (await gateway.DeleteAsync(_path, key)).ShouldBe(422, "idempotency-key-reuse");
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task Other_idempotency_keys_are_refused(string key) =>
        (await gateway.PutAsync(_path, "", ("Idempotency-Key", key))).ShouldBe(400, "invalid-idempotency-key");

    [Theory]
    [InlineData("x")]
    [InlineData("1,")]
    [InlineData("-1")]
    [InlineData("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17")]
    public async Task Other_fences_are_refused(string fence) =>
        (await gateway.PutAsync(_path, "", ("Cloudkeeper-Fence", fence))).ShouldBe(400, "invalid-fence");

    [Fact]
    public async Task A_fence_lets_only_the_holder_write()
    {
        var held = await gateway.PostAsync(_path.Replace("nodes", "locks", StringComparison.Ordinal), """{"ttl":"10s"}""");
        var ticket = held.Json.GetProperty("ticket").GetInt64();
        var fence = ("Cloudkeeper-Fence", ticket.ToString(System.Globalization.CultureInfo.InvariantCulture));
        (await gateway.PutAsync(_path + "-guarded", "1", fence)).ShouldBe(201);
        (await gateway.DeleteAsync($"/v1/tickets/{ticket}")).ShouldBe(204);
        (await gateway.PutAsync(_path + "-guarded", "2", fence)).ShouldBe(412, "fence-lost");
        Assert.Equal("1", (await gateway.GetAsync(_path + "-guarded")).Text);
    }

    [Theory]
    [InlineData((1 << 20), 201)]
    [InlineData((1 << 20) + 1, 413)]
    public async Task A_value_has_at_most_one_mebibyte(int length, int status)
    {
        using var known = new ByteArrayContent(new byte[length]);
        using var response = await gateway.Client.PutAsync(new Uri(gateway.Address, _path), known, TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)response.StatusCode);
        using var chunked = new StreamContent(new MemoryStream(new byte[length]));
        using var request = new HttpRequestMessage(HttpMethod.Put, _path + "c") { Content = chunked };
        request.Headers.TransferEncodingChunked = true;
        using var other = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = await Answer.ReadAsync(other);
        Assert.Equal(status, (int)answer.Status);
        if (status == 413)
        {
            answer.ShouldBe(413, "value-too-large");
        }
    }

    [Fact]
    public async Task Without_a_quorum_a_write_is_refused_and_a_stale_read_answered()
    {
        await gateway.PutAsync(_path, "1");
        gateway.Nodes.HasNoQuorum = true;
        try
        {
            var refused = (await gateway.PutAsync(_path, "2")).ShouldBe(503, "no-quorum");
            Assert.True(refused.Headers.ContainsKey("Retry-After"));
            (await gateway.GetAsync(_path)).ShouldBe(503, "no-quorum");
            Assert.Equal("1", (await gateway.GetAsync(_path + "?consistency=stale")).Text);
        }
        finally
        {
            gateway.Nodes.HasNoQuorum = false;
        }
    }
}
