using Cloudkeeper.Gateway.Tests.Hosting;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Cloudkeeper.Gateway.Tests.Guard;

/// <summary>What a web page can send, on every route that there is.</summary>
public sealed class BrowserTests : IAsyncLifetime
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"];

    private static readonly (int Status, string Code, (string, string)[] Headers)[] Attempts =
    [
        (403, "cross-origin", [("Origin", "https://evil.example")]),
        (403, "cross-origin", [("Origin", "null")]),
        (403, "cross-origin", [("Sec-Fetch-Site", "cross-site")]),
        (403, "cross-origin", [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")]),
        (403, "cross-origin", [("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Dest", "script")]),
        (403, "cross-origin", [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "PUT")]),
        (421, "misdirected-host", [("Host", "rebind.evil.example")]),
    ];

    private readonly GatewayFixture _gateway = new();

    public ValueTask InitializeAsync() => _gateway.InitializeAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data")]
    [InlineData("application/json")]
    public async Task No_route_does_anything_for_a_page_of_another_origin(string? type)
    {
        var digest = _gateway.Nodes.Digest;
        foreach (var route in Routes())
        {
            foreach (var method in Methods)
            {
                foreach (var (status, code, headers) in Attempts)
                {
                    var isProbe = route is "/healthz" or "/readyz" && status == 421;
                    var body = method is "POST" or "PUT" or "PATCH" or "DELETE" ? """{"then":[{"put":{"path":"/pwned","value":"1"}}]}""" : null;
                    var answer = await _gateway.SendAsync(method, route, body, type, headers);
                    Assert.True(
                        isProbe || (int)answer.Status == status, $"{method} {route} {string.Join("; ", headers)}: {(int)answer.Status}");
                    if (!isProbe && method != "HEAD")
                    {
                        answer.ShouldBe(status, code);
                    }
                }
            }
        }

        Assert.Equal(digest, _gateway.Nodes.Digest);
    }

    [Theory]
    [InlineData("/v1/transactions")]
    [InlineData("/v1/sessions")]
    [InlineData("/v1/sessions/keepalive")]
    [InlineData("/v1/locks/a")]
    [InlineData("/v1/cluster/members")]
    [InlineData("/v1/cluster/leader")]
    public async Task From_a_browser_json_is_taken_only_as_such(string route)
    {
        var own = ("Origin", _gateway.Address.GetLeftPart(UriPartial.Authority));
        foreach (var type in new[] { null, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data" })
        {
            (await _gateway.SendAsync("POST", route, """{"a":1}""", type, own)).ShouldBe(415, "unsupported-media-type");
            (await _gateway.SendAsync("POST", route, """{"a":1}""", type, ("Sec-Fetch-Site", "same-origin"))).ShouldBe(415, "unsupported-media-type");
        }

        (await _gateway.SendAsync("POST", route, """{"a":1}""", "application/json; charset=utf-8", own)).ShouldBe(400, "invalid-body");
        (await _gateway.SendAsync("POST", route, """{"a":1}""", "application/x-www-form-urlencoded")).ShouldBe(400, "invalid-body");
        (await _gateway.SendAsync("POST", route, """{"a":1}""")).ShouldBe(400, "invalid-body");
    }

    /// <summary>Each with something in place of its parameters; and one that does not exist.</summary>
    private IEnumerable<string> Routes() => _gateway.Services.GetRequiredService<IEnumerable<EndpointDataSource>>()
        .SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        .Select(endpoint => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(NameOf)))
        .Append("/nothing").Distinct(StringComparer.Ordinal);

    private static string NameOf(RoutePatternPathSegment segment) =>
        string.Concat(segment.Parts.Select(part => part is RoutePatternLiteralPart literal ? literal.Content : "1"));
}
