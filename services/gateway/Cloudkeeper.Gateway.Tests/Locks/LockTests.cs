using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Locks;

[Collection(SharedGateway.Name)]
public sealed class LockTests(GatewayFixture gateway)
{
    private readonly string _lock = "/v1/locks/lock-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task A_free_lock_is_held_at_once()
    {
        var session = await gateway.OpenSessionAsync();
        var answer = (await AcquireAsync($$"""{"session":{{session}},"owner":"me"}""")).ShouldBe(200);
        var ticket = answer.Json;
        Assert.Equal(
            ["ticket", "recipe", "path", "state", "position", "fencingToken", "session", "owner", "expiresIn"],
            ticket.EnumerateObject().Select(member => member.Name));
        Assert.Equal(answer.Revision, ticket.GetProperty("ticket").GetInt64());
        Assert.Equal("held", ticket.GetProperty("state").GetString());
        Assert.Equal(0, ticket.GetProperty("position").GetInt32());
        Assert.Equal("me", ticket.GetProperty("owner").GetString());
        Assert.Equal(session, ticket.GetProperty("session").GetInt64());
        Assert.Equal(_lock["/v1/locks".Length..], ticket.GetProperty("path").GetString());
    }

    [Fact]
    public async Task The_same_session_asking_again_gets_its_ticket_again()
    {
        var body = $$"""{"session":{{await gateway.OpenSessionAsync()}}}""";
        var first = await AcquireAsync(body);
        Assert.Equal(TicketOf(first), TicketOf((await AcquireAsync(body)).ShouldBe(200)));
    }

    [Fact]
    public async Task A_later_client_waits_in_its_place()
    {
        var held = await AcquireAsync("""{"ttl":"10s"}""");
        var waiting = (await AcquireAsync("""{"ttl":"10s"}""")).ShouldBe(202);
        Assert.Equal("waiting", waiting.Json.GetProperty("state").GetString());
        Assert.Equal(1, waiting.Json.GetProperty("position").GetInt32());
        var state = (await gateway.GetAsync(_lock)).ShouldBe(200).Json;
        Assert.Equal(["path", "holders", "waiting"], state.EnumerateObject().Select(member => member.Name));
        Assert.Equal(TicketOf(held), state.GetProperty("holders")[0].GetProperty("ticket").GetInt64());
        Assert.Equal(TicketOf(waiting), state.GetProperty("waiting")[0].GetProperty("ticket").GetInt64());
    }

    [Fact]
    public async Task Waiters_come_in_pages_and_the_holder_on_the_first()
    {
        var tickets = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            tickets.Add(TicketOf(await AcquireAsync("""{"ttl":"10s"}""")));
        }

        var found = new List<long>();
        var query = "?limit=2";
        for (var pages = 1; query.Length > 0; pages++)
        {
            var page = (await gateway.GetAsync(_lock + query)).ShouldBe(200).Json;
            Assert.Equal(pages == 1 ? 1 : 0, page.GetProperty("holders").GetArrayLength());
            found.AddRange(page.GetProperty("holders").EnumerateArray().Concat(page.GetProperty("waiting").EnumerateArray())
                .Select(ticket => ticket.GetProperty("ticket").GetInt64()));
            query = page.TryGetProperty("cursor", out var cursor) ? "?limit=2&cursor=" + cursor.GetString() : "";
            Assert.InRange(pages, 1, 3);
        }

        Assert.Equal(tickets, found);
        Assert.Equal(4, (await gateway.GetAsync(_lock)).Json.GetProperty("waiting").GetArrayLength());
    }

    [Fact]
    public async Task A_refused_client_that_does_not_queue_gets_the_holder()
    {
        var held = await AcquireAsync("""{"ttl":"10s","owner":"me"}""");
        var refused = (await AcquireAsync("""{"ttl":"10s","queue":false}""")).ShouldBe(409, "lock-held");
        var holder = Assert.Single(refused.Json.GetProperty("holders").EnumerateArray());
        Assert.Equal(TicketOf(held), holder.GetProperty("ticket").GetInt64());
        Assert.Equal("me", holder.GetProperty("owner").GetString());
    }

    [Fact]
    public async Task A_wait_ends_as_soon_as_the_lock_is_handed_over_with_a_larger_token()
    {
        var session = await gateway.OpenSessionAsync();
        var first = await AcquireAsync($$"""{"session":{{session}}}""");
        var waiting = AcquireAsync("""{"ttl":"10s","wait":"30s"}""");
        await UntilWaitingAsync(1);
        gateway.Nodes.Expire(new SessionId(session));
        var second = (await waiting).ShouldBe(200);
        Assert.Equal("held", second.Json.GetProperty("state").GetString());
        Assert.True(TicketOf(second) > TicketOf(first));
    }

    [Fact]
    public async Task A_wait_in_vain_keeps_the_place_and_the_session()
    {
        var held = await AcquireAsync("""{"ttl":"10s"}""");
        (await AcquireAsync("""{"ttl":"10s","wait":"20ms"}""")).ShouldBe(202);
        var before = gateway.Nodes.KeepaliveCount;
        var waiting = AcquireAsync("""{"ttl":"1s","wait":"30s"}""");
        await Until.TrueAsync(() => gateway.Nodes.KeepaliveCount >= before + 3);
        var first = (await gateway.GetAsync(_lock)).Json.GetProperty("waiting")[0].GetProperty("ticket").GetInt64();
        await gateway.DeleteAsync($"/v1/tickets/{first}");
        await gateway.DeleteAsync($"/v1/tickets/{TicketOf(held)}");
        (await waiting).ShouldBe(200);
    }

    [Fact]
    public async Task A_ticket_can_be_asked_for_until_it_is_held()
    {
        var held = await AcquireAsync("""{"ttl":"10s"}""");
        var ticket = TicketOf(await AcquireAsync("""{"ttl":"10s"}"""));
        var waiting = gateway.GetAsync($"/v1/tickets/{ticket}?wait=30s");
        (await gateway.DeleteAsync($"/v1/tickets/{TicketOf(held)}")).ShouldBe(204);
        Assert.Equal("held", (await waiting).ShouldBe(200).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_released_ticket_is_gone()
    {
        var ticket = TicketOf(await AcquireAsync("""{"ttl":"10s"}"""));
        (await gateway.DeleteAsync($"/v1/tickets/{ticket}")).ShouldBe(204);
        (await gateway.DeleteAsync($"/v1/tickets/{ticket}")).ShouldBe(404, "ticket-not-found");
        (await gateway.GetAsync($"/v1/tickets/{ticket}")).ShouldBe(404, "ticket-not-found");
        (await gateway.GetAsync("/v1/tickets/abc")).ShouldBe(404, "ticket-not-found");
    }

    [Fact]
    public async Task A_repeated_acquire_gets_the_present_state_of_its_ticket()
    {
        var held = await AcquireAsync("""{"ttl":"10s"}""");
        var key = ("Idempotency-Key", _lock);
        var waiting = (await gateway.PostAsync(_lock, """{"ttl":"10s"}""", key)).ShouldBe(202);
        await gateway.DeleteAsync($"/v1/tickets/{TicketOf(held)}");
        var again = (await gateway.PostAsync(_lock, """{"ttl":"10s"}""", key)).ShouldBe(200);
        Assert.Equal(TicketOf(waiting), TicketOf(again));
        Assert.Equal("true", again.Headers["Idempotent-Replayed"]);
    }

    [Fact]
    public async Task A_lock_that_was_never_used_is_empty()
    {
        var state = (await gateway.GetAsync(_lock)).ShouldBe(200).Json;
        Assert.Equal(0, state.GetProperty("holders").GetArrayLength());
        Assert.Equal(0, state.GetProperty("waiting").GetArrayLength());
    }

    [Theory]
    [InlineData("{}", "invalid-body")]
    [InlineData("", "invalid-body")]
    [InlineData("""{"ttl":"10s","session":1}""", "invalid-body")]
    [InlineData("""{"ttl":"10s","mode":"both"}""", "invalid-body")]
    [InlineData("""{"ttl":"10s","wait":"61s"}""", "invalid-parameter")]
    [InlineData("""{"ttl":"0s"}""", "invalid-parameter")]
    public async Task Other_bodies_are_refused(string body, string code) => (await AcquireAsync(body)).ShouldBe(400, code);

    [Fact]
    public async Task A_session_that_is_not_there_gets_no_ticket()
    {
        (await AcquireAsync("""{"session":4711}""")).ShouldBe(404, "session-not-found");
        (await gateway.PostAsync("/v1/locks", """{"ttl":"10s"}""")).ShouldBe(400, "invalid-operation");
    }

    private static long TicketOf(Answer answer) => answer.Json.GetProperty("ticket").GetInt64();

    private Task<Answer> AcquireAsync(string body) => gateway.PostAsync(_lock, body);

    private Task UntilWaitingAsync(int count) => Until.TrueAsync(async () =>
        (await gateway.GetAsync(_lock)).Json.GetProperty("waiting").GetArrayLength() >= count);
}
