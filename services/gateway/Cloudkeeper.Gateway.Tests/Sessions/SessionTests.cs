using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Sessions;

[Collection(SharedGateway.Name)]
public sealed class SessionTests(GatewayFixture gateway)
{
    [Fact]
    public async Task A_session_is_opened_with_its_name_and_time_to_live()
    {
        var answer = (await gateway.PostAsync("/v1/sessions", """{"ttl":"30s","name":"worker-7"}""")).ShouldBe(201);
        Assert.Equal(
            ["id", "name", "ttl", "expiresIn", "createdAt"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(answer.Revision, answer.Json.GetProperty("id").GetInt64());
        Assert.Equal("worker-7", answer.Json.GetProperty("name").GetString());
        Assert.Equal("30s", answer.Json.GetProperty("ttl").GetString());
        Assert.Equal("30s", answer.Json.GetProperty("expiresIn").GetString());
        Assert.Equal($"/v1/sessions/{answer.Revision}", answer.Headers["Location"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    public async Task All_of_the_body_may_be_left_out(string body)
    {
        var answer = (await gateway.PostAsync("/v1/sessions", body)).ShouldBe(201);
        Assert.Equal("10s", answer.Json.GetProperty("ttl").GetString());
        Assert.Equal("", answer.Json.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("""{"ttl":"999ms"}""", "invalid-parameter")]
    [InlineData("""{"ttl":"3601s"}""", "invalid-parameter")]
    [InlineData("""{"ttl":"soon"}""", "invalid-parameter")]
    [InlineData("""{"ttl":10}""", "invalid-body")]
    [InlineData("""{"ttl":"10s","ttl":"10s"}""", "invalid-body")]
    [InlineData("""{"TTL":"10s"}""", "invalid-body")]
    [InlineData("""{"other":1}""", "invalid-body")]
    [InlineData("[]", "invalid-body")]
    [InlineData("null", "invalid-body")]
    [InlineData("{", "invalid-body")]
    public async Task Other_bodies_are_refused(string body, string code) =>
        (await gateway.PostAsync("/v1/sessions", body)).ShouldBe(400, code);

    [Fact]
    public async Task A_session_is_shown_with_its_ephemeral_nodes()
    {
        var id = await gateway.OpenSessionAsync();
        await gateway.PutAsync($"/v1/nodes/eph-{id}?session={id}");
        var answer = (await gateway.GetAsync($"/v1/sessions/{id}")).ShouldBe(200);
        Assert.Equal(id, answer.Json.GetProperty("id").GetInt64());
        Assert.Equal($"/eph-{id}", answer.Json.GetProperty("ephemerals")[0].GetString());
    }

    [Fact]
    public async Task The_ephemeral_nodes_of_a_session_come_in_pages()
    {
        var id = await gateway.OpenSessionAsync();
        string[] names = [.. Enumerable.Range(0, 5).Select(i => $"page-{id}-{9 - i}")];
        foreach (var name in names)
        {
            await gateway.PutAsync($"/v1/nodes/{name}?session={id}");
        }

        var found = new List<string?>();
        var query = "?limit=2";
        for (var pages = 1; query.Length > 0; pages++)
        {
            var page = (await gateway.GetAsync($"/v1/sessions/{id}{query}")).ShouldBe(200).Json;
            Assert.Equal(id, page.GetProperty("id").GetInt64());
            found.AddRange(page.GetProperty("ephemerals").EnumerateArray().Select(path => path.GetString()));
            query = page.TryGetProperty("cursor", out var cursor) ? "?limit=2&cursor=" + cursor.GetString() : "";
            Assert.InRange(pages, 1, 3);
        }

        Assert.Equal(names.Select(name => "/" + name), found);
        var all = (await gateway.GetAsync($"/v1/sessions/{id}")).ShouldBe(200).Json;
        Assert.Equal(5, all.GetProperty("ephemerals").GetArrayLength());
        Assert.False(all.TryGetProperty("cursor", out _));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=10001")]
    [InlineData("cursor=x")]
    [InlineData("cursor=")]
    [InlineData("cursor=L2E")] // /a
    [InlineData("cursor=NQ")] // 5
    [InlineData("cursor=LTUvYQ")] // -5/a
    [InlineData("cursor=NS9hLy9i")] // 5/a//b
    public async Task Pages_that_are_none_are_refused(string query)
    {
        var id = await gateway.OpenSessionAsync();
        (await gateway.GetAsync($"/v1/sessions/{id}?{query}")).ShouldBe(400, "invalid-parameter");
        (await gateway.GetAsync($"/v1/locks/none?{query}")).ShouldBe(400, "invalid-parameter");
    }

    [Fact]
    public async Task Sessions_come_in_pages()
    {
        long[] opened = [await gateway.OpenSessionAsync(), await gateway.OpenSessionAsync(), await gateway.OpenSessionAsync()];
        var found = new List<long>();
        var query = "?limit=1";
        while (query.Length > 0)
        {
            var page = (await gateway.GetAsync("/v1/sessions" + query)).ShouldBe(200).Json;
            found.AddRange(page.GetProperty("sessions").EnumerateArray().Select(s => s.GetProperty("id").GetInt64()));
            query = page.TryGetProperty("cursor", out var cursor) ? "?limit=100&cursor=" + cursor.GetString() : "";
        }

        Assert.Equal(found.Order(), found);
        Assert.Subset(found.ToHashSet(), opened.ToHashSet());
    }

    [Fact]
    public async Task A_keepalive_returns_how_long_the_session_has()
    {
        var id = await gateway.OpenSessionAsync();
        var answer = (await gateway.PostAsync($"/v1/sessions/{id}/keepalive")).ShouldBe(200);
        Assert.Equal(["id", "expiresIn"], answer.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal("10s", answer.Json.GetProperty("expiresIn").GetString());
    }

    [Fact]
    public async Task A_keepalive_returns_the_revision_at_which_it_was_judged()
    {
        var id = await gateway.OpenSessionAsync();
        var present = (await gateway.GetAsync("/v1/nodes/")).Revision;
        var one = (await gateway.PostAsync($"/v1/sessions/{id}/keepalive")).ShouldBe(200);
        Assert.Equal(present, one.Revision);
        var many = (await gateway.PostAsync("/v1/sessions/keepalive", $$"""{"ids":[{{id}},123456789]}""")).ShouldBe(200);
        Assert.Equal(present, many.Revision);
        var unknown = (await gateway.PostAsync("/v1/sessions/123456789/keepalive")).ShouldBe(404, "session-not-found");
        Assert.Equal(present, unknown.Revision);
    }

    [Fact]
    public async Task Many_sessions_are_kept_alive_at_once()
    {
        var alive = await gateway.OpenSessionAsync();
        var expired = await gateway.OpenSessionAsync();
        gateway.Nodes.Expire(new SessionId(expired));
        var body = $$"""{"ids":[{{alive}},"{{expired}}",123456789]}""";
        var answer = (await gateway.PostAsync("/v1/sessions/keepalive", body)).ShouldBe(200);
        var results = answer.Json.GetProperty("results");
        Assert.Equal(["alive", "expired", "unknown"], results.EnumerateArray().Select(r => r.GetProperty("status").GetString()));
        Assert.Equal([true, false, false], results.EnumerateArray().Select(r => r.TryGetProperty("expiresIn", out _)));
        (await gateway.PostAsync("/v1/sessions/keepalive", """{"ids":null}""")).ShouldBe(400, "invalid-body");
        (await gateway.PostAsync("/v1/sessions/keepalive", """{"ids":[1.5]}""")).ShouldBe(400, "invalid-body");
    }

    [Fact]
    public async Task A_session_that_was_never_known_is_not_found()
    {
        foreach (var id in (string[])["4711", "0", "-1", "abc", "99999999999999999999"])
        {
            (await gateway.GetAsync($"/v1/sessions/{id}")).ShouldBe(404, "session-not-found");
            (await gateway.PostAsync($"/v1/sessions/{id}/keepalive")).ShouldBe(404, "session-not-found");
            (await gateway.DeleteAsync($"/v1/sessions/{id}")).ShouldBe(404, "session-not-found");
        }
    }

    [Theory]
    [InlineData("ttl")]
    [InlineData("closed")]
    public async Task A_session_that_has_ended_names_the_reason(string reason)
    {
        var id = await gateway.OpenSessionAsync();
        if (reason == "ttl")
        {
            gateway.Nodes.Expire(new SessionId(id));
        }
        else
        {
            (await gateway.DeleteAsync($"/v1/sessions/{id}")).ShouldBe(204);
        }

        var answers = new[]
        {
            await gateway.GetAsync($"/v1/sessions/{id}"),
            await gateway.PostAsync($"/v1/sessions/{id}/keepalive"),
            await gateway.DeleteAsync($"/v1/sessions/{id}"),
        };
        foreach (var answer in answers)
        {
            answer.ShouldBe(410, "session-expired");
            Assert.Equal(reason, answer.Json.GetProperty("reason").GetString());
            Assert.True(answer.Json.GetProperty("lastKeepaliveAt").TryGetDateTimeOffset(out _));
        }
    }
}
