using System.Collections.Frozen;
using Cloudkeeper.Hosting.Guard;

namespace Cloudkeeper.Hosting.Tests.Guard;

public sealed class CrossOriginRuleTests
{
    private const string Host = "localhost:8080";

    private static readonly FrozenSet<string> Allowed = FrozenSet.Create("https://console.example");

    /// <summary>Each as its headers, separated by semicolons.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("Sec-Fetch-Site: same-origin")]
    [InlineData("Sec-Fetch-Site: same-origin; Sec-Fetch-Mode: cors; Sec-Fetch-Dest: empty; Origin: http://localhost:8080")]
    [InlineData("Sec-Fetch-Site: none; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: document; Sec-Fetch-User: ?1")]
    [InlineData("Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: document")]
    [InlineData("Sec-Fetch-Site: same-site; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: document")]
    [InlineData("Sec-Fetch-Site: same-origin; Sec-Fetch-Dest: image")]
    [InlineData("Origin: http://localhost:8080")]
    [InlineData("Origin: http://LOCALHOST:8080")]
    [InlineData("Origin: https://localhost:8080")]
    [InlineData("Origin: https://console.example")]
    [InlineData("Origin: https://console.example; Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: cors; Sec-Fetch-Dest: empty")]
    public void A_program_an_own_page_an_allowed_one_and_a_followed_link_pass(string headers) =>
        Assert.True(Passes(headers, "GET"));

    [Theory]
    [InlineData("Origin: https://evil.example")]
    [InlineData("Origin: null")]
    [InlineData("Origin: null; Sec-Fetch-Site: same-origin")]
    [InlineData("Origin: null; Sec-Fetch-Site: none")]
    [InlineData("Origin: ")]
    [InlineData("Origin: localhost:8080")]
    [InlineData("Origin: http://localhost")]
    [InlineData("Origin: http://localhost:80")]
    [InlineData("Origin: http://localhost:8081")]
    [InlineData("Origin: http://127.0.0.1:8080")]
    [InlineData("Origin: http://a.localhost:8080")]
    [InlineData("Origin: http://localhost:8080.evil.example")]
    [InlineData("Origin: http://localhost:8080/")]
    [InlineData("Origin: http://evil.example@localhost:8080")]
    [InlineData("Origin: ftp://localhost:8080")]
    [InlineData("Origin: http://")]
    [InlineData("Origin: chrome-extension://localhost:8080")]
    [InlineData("Origin: http://localhost:8080 https://evil.example")]
    [InlineData("Origin: http://localhost:8080; Origin: https://evil.example")]
    [InlineData("Origin: https://console.example; Origin: https://console.example")]
    [InlineData("Origin: http://console.example")]
    [InlineData("Origin: https://console.example:444")]
    [InlineData("Origin: HTTPS://console.example")]
    [InlineData("Sec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: same-site")]
    [InlineData("Sec-Fetch-Site: cross-site; Origin: http://localhost:8080")]
    [InlineData("Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate")]
    [InlineData("Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: iframe")]
    [InlineData("Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: no-cors; Sec-Fetch-Dest: document")]
    [InlineData("Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: no-cors; Sec-Fetch-Dest: image")]
    [InlineData("Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: websocket; Sec-Fetch-Dest: websocket")]
    [InlineData("Sec-Fetch-Site: ")]
    [InlineData("Sec-Fetch-Site: unknown")]
    [InlineData("Sec-Fetch-Site: same-origin, cross-site")]
    [InlineData("Sec-Fetch-Site: same-origin; Sec-Fetch-Site: cross-site")]
    [InlineData("Sec-Fetch-Site: same-origin; Sec-Fetch-Dest: script")]
    [InlineData("Sec-Fetch-Site: same-origin; Sec-Fetch-Dest: style")]
    [InlineData("Sec-Fetch-Site: same-origin; Sec-Fetch-Dest: worker")]
    [InlineData("Sec-Fetch-Site: same-origin; Sec-Fetch-Dest: serviceworker")]
    [InlineData("Sec-Fetch-Site: same-origin; Sec-Fetch-Dest: empty; Sec-Fetch-Dest: script")]
    [InlineData("Origin: https://console.example; Sec-Fetch-Site: cross-site; Sec-Fetch-Dest: script")]
    [InlineData("Service-Worker: script")]
    public void Any_other_request_of_a_page_does_not(string headers) => Assert.False(Passes(headers, "GET"));

    [Theory]
    [InlineData("POST")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    public void A_followed_link_only_reads(string method) =>
        Assert.False(Passes("Sec-Fetch-Site: cross-site; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: document", method));

    [Theory]
    [InlineData("http://example.org", "example.org", true)]
    [InlineData("http://example.org", "example.org:80", true)]
    [InlineData("https://example.org", "example.org", true)]
    [InlineData("https://example.org", "example.org:443", true)]
    [InlineData("https://example.org", "example.org:80", false)]
    [InlineData("http://example.org", "example.org:443", false)]
    [InlineData("http://[::1]:8080", "[::1]:8080", true)]
    [InlineData("http://[::1]", "[::1]:8080", false)]
    public void A_port_that_the_scheme_implies_may_be_left_out(string origin, string host, bool passes) =>
        Assert.Equal(passes, Passes("Origin: " + origin, "GET", host));

    [Theory]
    [InlineData("Origin: http://localhost:8080")]
    [InlineData("Origin: https://console.example")]
    [InlineData("Sec-Fetch-Site: same-origin")]
    [InlineData("Sec-Fetch-Site: none; Sec-Fetch-Mode: navigate; Sec-Fetch-Dest: document")]
    [InlineData("Sec-Fetch-Mode: cors")]
    [InlineData("Sec-Fetch-Dest: empty")]
    [InlineData("Sec-Fetch-User: ?1")]
    [InlineData("Sec-Fetch-Storage-Access: active")]
    [InlineData("Service-Worker: script")]
    public void Where_only_processes_call_no_browser_passes(string headers)
    {
        Assert.False(Rule(refusesBrowsers: true).Passes(Marks(headers), "GET", Host));
        Assert.Null(Rule(refusesBrowsers: true).AllowedOrigin(Marks(headers)));
    }

    [Fact]
    public void Where_only_processes_call_a_program_passes() =>
        Assert.True(Rule(refusesBrowsers: true).Passes(Marks("Accept: */*; User-Agent: curl/8"), "POST", Host));

    private static bool Passes(string headers, string method, string host = Host) =>
        Rule(refusesBrowsers: false).Passes(Marks(headers), method, host);

    private static CrossOriginRule Rule(bool refusesBrowsers) => new(Allowed, refusesBrowsers);

    private static BrowserMarks Marks(string text)
    {
        var headers = new HeaderDictionary();
        foreach (var line in text.Split("; ", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            var name = line[..(colon < 0 ? line.IndexOf(':', StringComparison.Ordinal) : colon)];
            var value = colon < 0 ? "" : line[(colon + 2)..];
            headers[name] = headers.TryGetValue(name, out var before) ? Microsoft.Extensions.Primitives.StringValues.Concat(before, value) : value;
        }

        return new BrowserMarks(headers);
    }
}
