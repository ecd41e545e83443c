using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Cloudkeeper.Proxy.Tests;

public sealed class FailureTests
{
    [Theory(Timeout = 30_000)]
    [InlineData("GET", null)]
    [InlineData("DELETE", null)]
    [InlineData("POST", null)]
    [InlineData("POST", "body")]
    [InlineData("PUT", "body")]
    public async Task A_request_that_cannot_be_sent_goes_to_another_gateway(string method, string? body)
    {
        await using var alive = await FakeGateway.StartAsync(EchoAsync);
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Gateways={TestProxy.FreeAddress()},{alive.Address}");

        // With either gateway as the first choice, everything is answered.
        for (var i = 1; i <= 20; i++)
        {
            using var response = await proxy.Client.SendAsync(Request(method, body), TestContext.Current.CancellationToken);
            Assert.Equal($"{method} {body}", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            Assert.Equal(i, alive.Requests);
        }
    }

    [Theory(Timeout = 30_000)]
    [InlineData("GET", null)]
    [InlineData("DELETE", null)]
    [InlineData("POST", "body")]
    public async Task With_no_gateway_left_the_answer_is_overloaded(string method, string? body)
    {
        await using var proxy = await TestProxy.StartAsync($"--Proxy:Gateways={TestProxy.FreeAddress()},{TestProxy.FreeAddress()}");

        using var response = await proxy.Client.SendAsync(Request(method, body), TestContext.Current.CancellationToken);

        await AssertProblemAsync(response, HttpStatusCode.ServiceUnavailable, "overloaded");
        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("DELETE", null)]
    [InlineData("POST", null)]
    [InlineData("POST", "body")]
    [InlineData("PUT", "body")]
    public async Task A_mutation_whose_gateway_dies_is_unknown_and_not_repeated(string method, string? body)
    {
        await using var mortal = await FakeGateway.StartAsync(DieAfterReadingAsync);
        await using var other = await FakeGateway.StartAsync(DieAfterReadingAsync);
        await using var proxy = await TestProxy.StartAsync(mortal, other);

        using var response = await proxy.Client.SendAsync(Request(method, body), TestContext.Current.CancellationToken);

        await AssertProblemAsync(response, HttpStatusCode.GatewayTimeout, "outcome-unknown");
        Assert.Equal(1, mortal.Requests + other.Requests);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_read_whose_gateway_dies_is_answered_by_another()
    {
        var deaths = 0;
        Task DieOnceAsync(HttpContext context) => Interlocked.Increment(ref deaths) == 1 ? DieAfterReadingAsync(context) : EchoAsync(context);
        await using var one = await FakeGateway.StartAsync(DieOnceAsync);
        await using var two = await FakeGateway.StartAsync(DieOnceAsync);
        await using var proxy = await TestProxy.StartAsync(one, two);
        await proxy.UntilReadyAsync(2);

        Assert.Equal("GET ", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
        Assert.Equal(2, one.Requests + two.Requests);
    }

    [Fact(Timeout = 60_000)]
    public async Task Over_http2_a_body_that_does_not_come_ends_its_own_stream_and_not_the_connection_of_others()
    {
        var isOver = new TaskCompletionSource();
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = null;
            }

            await (HttpMethods.IsGet(context.Request.Method) ? isOver.Task : Task.CompletedTask);
            await EchoAsync(context);
        });
        await using var proxy = await TestProxy.StartAsync(gateway);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = false })
        {
            BaseAddress = proxy.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        var other = client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken);
        using var body = new AbsentContent();

        using var slow = await client.PutAsync("/v1/nodes/slow", body, TestContext.Current.CancellationToken);

        await AssertProblemAsync(slow, HttpStatusCode.RequestTimeout, "request-timeout");
        Assert.False(other.IsCompleted);
        isOver.SetResult();
        Assert.Equal("GET ", await other);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_read_is_not_repeated_for_ever()
    {
        await using var one = await FakeGateway.StartAsync(DieAfterReadingAsync);
        await using var two = await FakeGateway.StartAsync(DieAfterReadingAsync);
        await using var proxy = await TestProxy.StartAsync(one, two);
        await proxy.UntilReadyAsync(2);

        using var response = await proxy.Client.GetAsync("/v1/nodes/a", TestContext.Current.CancellationToken);

        await AssertProblemAsync(response, HttpStatusCode.ServiceUnavailable, "overloaded");
        Assert.Equal((1, 1), (one.Requests, two.Requests));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_stream_that_breaks_does_not_look_complete()
    {
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            FakeGateway.Die(context);
        });
        await using var proxy = await TestProxy.StartAsync(gateway);

        await Assert.ThrowsAnyAsync<HttpRequestException>(
            () => proxy.Client.GetStringAsync("/v1/watch", TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_gateway_that_ends_a_stream_is_not_lost()
    {
        var hasBegun = new TaskCompletionSource();
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await hasBegun.Task;
            context.Abort();
        });
        await using var proxy = await TestProxy.StartAsync(gateway);
        await proxy.UntilReadyAsync(1);

        await using var stream = await proxy.Client.GetStreamAsync("/v1/watch", TestContext.Current.CancellationToken);
        hasBegun.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => stream.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
        await proxy.UntilMetricIsAsync("cloudkeeper_proxy_requests_total{outcome=\"gateway-lost\"}", 1);

        Assert.False(proxy.LeavesAlone(gateway));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_body_above_the_limit_is_refused_with_a_problem_document()
    {
        await using var gateway = await FakeGateway.StartAsync(DieAfterReadingAsync);
        await using var proxy = await TestProxy.StartAsync(
            $"--Proxy:Gateways={gateway.Address}", "--Hosting:MaxRequestBodyBytes=2048");

        using var response = await proxy.Client.PutAsync(
            "/v1/nodes/a", new ByteArrayContent(new byte[4096]), TestContext.Current.CancellationToken);

        await AssertProblemAsync(response, HttpStatusCode.RequestEntityTooLarge, "body-too-large");
    }

    [Theory(Timeout = 30_000)]
    [InlineData(HttpStatusCode.RequestEntityTooLarge, "too large")]
    [InlineData(HttpStatusCode.NoContent, "")]
    public async Task A_gateway_that_answers_before_it_has_read_the_body_is_not_lost(HttpStatusCode status, string text)
    {
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            context.Response.StatusCode = (int)status;
            if (text.Length > 0)
            {
                await context.Response.WriteAsync(text);
            }
        });
        await using var proxy = await TestProxy.StartAsync(gateway);
        await proxy.UntilReadyAsync(1);

        for (var i = 0; i < 20; i++)
        {
            // More than the connection takes before a reader takes any of it.
            using var response = await proxy.Client.PutAsync(
                "/v1/nodes/a", new ByteArrayContent(new byte[2 << 20]), TestContext.Current.CancellationToken);
            Assert.Equal(status, response.StatusCode);
            Assert.Equal(text, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        var metrics = await proxy.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("gateway-lost", metrics, StringComparison.Ordinal);
        Assert.False(proxy.LeavesAlone(gateway));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_draining_gateway_gets_no_new_requests()
    {
        await using var one = await FakeGateway.StartAsync(FakeGateway.Say("one"));
        await using var two = await FakeGateway.StartAsync(FakeGateway.Say("two"));
        await using var proxy = await TestProxy.StartAsync(one, two);
        await proxy.UntilReadyAsync(2);

        one.IsReady = false;
        // The second probe is sent after the first one's answer has taken effect.
        await one.RefusedProbes.WaitAsync(TestContext.Current.CancellationToken);
        await one.RefusedProbes.WaitAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("two", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task When_no_gateway_is_ready_they_are_all_asked_all_the_same()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("stale"));
        gateway.IsReady = false;
        await using var proxy = await TestProxy.StartAsync(gateway);
        using var notReady = await proxy.Client.GetAsync("/readyz", TestContext.Current.CancellationToken);

        Assert.Equal("stale", await proxy.Client.GetStringAsync("/v1/nodes/a", TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, notReady.StatusCode);
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var body = new StreamReader(context.Request.Body);
        await context.Response.WriteAsync($"{context.Request.Method} {await body.ReadToEndAsync()}");
    }

    private static async Task DieAfterReadingAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null);
        FakeGateway.Die(context);
    }

    private static HttpRequestMessage Request(string method, string? body) => new(new HttpMethod(method), "/v1/nodes/a")
    {
        Content = body is null ? null : new StringContent(body),
    };

    private static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status, string code)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await JsonDocument.ParseAsync(
            await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken),
            cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(code, problem.RootElement.GetProperty("code").GetString());
        Assert.Equal($"urn:cloudkeeper:problem:{code}", problem.RootElement.GetProperty("type").GetString());
        Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
        Assert.All(["title", "detail"], member => Assert.NotEmpty(problem.RootElement.GetProperty(member).GetString()!));
    }

    /// <summary>A body of which nothing ever comes.</summary>
    private sealed class AbsentContent : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(
            Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 1_000;
            return true;
        }
    }
}
