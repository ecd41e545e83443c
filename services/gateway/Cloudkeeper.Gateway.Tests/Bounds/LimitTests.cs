using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cloudkeeper.Gateway.Tests.Hosting;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Tests.Bounds;

/// <summary>What one request may be, each at the limit and one past it.</summary>
[Collection(SharedGateway.Name)]
public sealed class LimitTests(GatewayFixture gateway)
{
    private static readonly Dictionary<string, LimitCase> Cases = new(StringComparer.Ordinal)
    {
        ["bytes of a value"] = new(1 << 20, Put, 201, 413, "value-too-large"),
        ["bytes of a value without a length"] = new(1 << 20, PutChunked, 201, 413, "value-too-large"),
        ["bytes of a value in a transaction"] =
            new(1 << 20, n => Transaction(Create(new string('x', n))), 200, 413, "value-too-large"),
        ["bytes of a transaction"] =
            new(4 << 20, n => Transaction(new string(' ', n - """{"then":[]}""".Length)), 200, 413, "body-too-large"),
        ["operations of a transaction"] = new(128, n => Transaction(Gets(n)), 200, 400, "too-many-operations"),
        ["bytes of other bodies"] = new(64 << 10, n => Post("/v1/sessions", "{}".PadRight(n)), 201, 413, "body-too-large"),
        ["bytes of a path"] = new(1_024, n => Get("/v1/nodes/" + new string('x', n - 1)), 404, 400, "invalid-path"),
        ["bytes of a path, encoded"] = new(1_024, n => Get($"/v1/nodes/%C3%A4{new string('x', n - 3)}"), 404, 400, "invalid-path"),
        ["bytes of a content type"] = new(256, n => Put("text/plain; a=".PadRight(n, 'x')), 201, 415, "unsupported-media-type"),
        ["headers"] =
            new(100, n => Get("/v1/nodes", [.. Enumerable.Range(0, n - 1).Select(i => ($"X-{i}", "1"))]), 200, 431, "headers-too-large"),
        ["bytes of headers and target"] =
            new(32 << 10, n => Get("/v1/nodes", ("X-Large", new string('x', n - Overhead()))), 200, 431, "headers-too-large"),
        ["bytes of target and headers"] =
            new(32 << 10, n => Get("/v1/nodes?x=".PadRight(n - Overhead() + 20, 'x')), 200, 431, "headers-too-large"),
        ["nodes on a page"] = new(10_000, n => Get($"/v1/nodes?view=children&limit={n}"), 200, 400, "invalid-parameter"),
        ["sessions on a page"] = new(10_000, n => Get($"/v1/sessions?limit={n}"), 200, 400, "invalid-parameter"),
        ["milliseconds of a wait"] = new(60_000, n => Get($"/v1/nodes?wait={n}ms&after=0&view=children"), 304, 400, "invalid-parameter"),
        ["characters of an idempotency key"] =
            new(64, n => Post("/v1/sessions", "", ("Idempotency-Key", new string('k', n))), 201, 400, "invalid-idempotency-key"),
        ["fences"] =
            new(16, n => Post("/v1/sessions", "", ("Cloudkeeper-Fence", string.Join(',', Enumerable.Range(1, n)))), 412, 400, "invalid-fence"),
        ["bytes of a session's name"] =
            new(256, n => Post("/v1/sessions", $$"""{"name":"{{new string('x', n)}}"}"""), 201, 400, "invalid-body"),
        ["milliseconds of a session"] = new(3_600_000, n => Post("/v1/sessions", $$"""{"ttl":"{{n}}ms"}"""), 201, 400, "invalid-parameter"),
        ["sessions kept alive at once"] = new(4_096, n => Post("/v1/sessions/keepalive", Ids(n)), 200, 400, "invalid-body"),
        ["paths of a watch"] =
            new(100, n => Get("/v1/watch?session=4711&" + string.Join('&', Enumerable.Range(0, n).Select(i => $"path=/{i}"))), 404, 400, "invalid-parameter"),
        ["levels of JSON"] =
            new(16, n => Post("/v1/sessions", $$"""{"x":{{new string('[', n)}}{{new string(']', n)}}}"""), 400, 400, "invalid-body"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_request_at_the_limit_is_served_and_one_past_it_refused(string name)
    {
        var limit = Cases[name];
        if (name == "milliseconds of a wait")
        {
            // So that it is answered at once.
            await gateway.PutAsync("/v1/nodes/there-is-something");
            limit = limit with { Served = 200 };
        }

        (await SendAsync(limit.Make(limit.Most))).ShouldBe(limit.Served);
        (await SendAsync(limit.Make(limit.Most + 1))).ShouldBe(limit.Refused, limit.Code);
    }

    [Fact]
    public async Task A_body_that_is_declared_too_large_is_refused_before_it_comes()
    {
        using var request = Put((1 << 20) + 1);
        request.Headers.ExpectContinue = true;
        using var body = new ObservedContent((1 << 20) + 1);
        request.Content = body;
        (await SendAsync(request)).ShouldBe(413, "value-too-large");
        Assert.False(body.WasAskedFor);
    }

    [Theory]
    [InlineData("PUT", "/v1/nodes/too-large", 413, "value-too-large")]
    [InlineData("PUT", "/v1/nodes/a//b", 400, "invalid-path")]
    [InlineData("POST", "/v1/nowhere", 404, "route-not-found")]
    [InlineData("PUT", "/v1/watch", 405, "method-not-allowed")]
    public async Task Over_http2_a_body_that_is_refused_is_not_cut_off(string method, string target, int status, string code)
    {
        using var body = new ObservedContent(4 << 20);
        using var request = new HttpRequestMessage(new HttpMethod(method), target)
        {
            Content = body,
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        (await SendAsync(request)).ShouldBe(status, code);
        await body.Sent.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Over_http2_too_large_headers_are_a_problem_document_and_not_the_end_of_the_connection()
    {
        var large = new string('x', 63 << 10);
        HttpRequestMessage[] requests =
        [
            Get("/v1/nodes?x=" + large, ("X-Large", large)),
            Get("/v1/nodes", [.. Enumerable.Range(0, 200).Select(i => ($"X-{i}", "1"))]),
        ];
        foreach (var request in requests)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
            (await SendAsync(request)).ShouldBe(431, "headers-too-large");
        }
    }

    /// <summary>Least length of the target and the headers that the client adds: found out, not guessed.</summary>
    private static int Overhead() => "/v1/nodes".Length + "X-Large".Length + 4 + "Host".Length + "127.0.0.1:00000".Length + 4;

    private static string Path() => $"/v1/nodes/limit-{Guid.NewGuid():N}";

    private static HttpRequestMessage Get(string target, params (string Name, string Value)[] headers) =>
        With(new HttpRequestMessage(HttpMethod.Get, target), headers);

    private static HttpRequestMessage Put(int length) =>
        new(HttpMethod.Put, Path()) { Content = new ByteArrayContent(new byte[length]) };

    private static HttpRequestMessage PutChunked(int length)
    {
        var request = Put(length);
        request.Headers.TransferEncodingChunked = true;
        return request;
    }

    private static HttpRequestMessage Put(string contentType)
    {
        var request = Put(1);
        request.Content!.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return request;
    }

    private static HttpRequestMessage Post(string target, string body, params (string Name, string Value)[] headers) =>
        With(new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) }, headers);

    private static HttpRequestMessage Transaction(string operations) =>
        Post("/v1/transactions", $$"""{"then":[{{operations}}]}""");

    private static string Create(string value) =>
        $$$"""{"create":{"path":"/limit-{{{Guid.NewGuid():N}}}","value":"{{{value}}}"}}""";

    private static string Gets(int count) => string.Join(',', Enumerable.Repeat("""{"get":{"path":"/"}}""", count));

    private static string Ids(int count) => $$"""{"ids":[{{string.Join(',', Enumerable.Repeat(Revision.ValueMax, count))}}]}""";

    private static HttpRequestMessage With(HttpRequestMessage request, (string Name, string Value)[] headers)
    {
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return request;
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            // Of a known length: the port is a part of the headers.
            request.Headers.Host = "127.0.0.1:00000";
            using var response = await gateway.Client.SendAsync(request, TestContext.Current.CancellationToken);
            return await Answer.ReadAsync(response);
        }
    }

    /// <param name="Most">The limit.</param>
    /// <param name="Make">A request of that size.</param>
    private sealed record LimitCase(
        int Most, Func<int, HttpRequestMessage> Make, int Served, int Refused, string Code);

    /// <summary>
    /// A body that observes its fate; nothing of it is sent before the server wants it, if the client announces that.
    /// </summary>
    private sealed class ObservedContent : HttpContent
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly long _length;

        public ObservedContent(long length)
        {
            _length = length;
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        public bool WasAskedFor { get; private set; }

        /// <summary>Fails when the server takes only a part of it.</summary>
        public Task Sent => _sent.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            WasAskedFor = true;
            try
            {
                await stream.WriteAsync(new byte[_length]);
                _sent.SetResult();
            }
            catch (Exception e)
            {
                _sent.SetException(e);
                throw;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _length;
            return true;
        }
    }
}
