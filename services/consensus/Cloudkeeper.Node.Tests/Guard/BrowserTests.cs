using System.Net;
using Cloudkeeper.Tree;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Cloudkeeper.Node.Tests.Guard;

/// <summary>Only processes call a node: no page has any business there, not even one that was loaded from it.</summary>
public sealed class BrowserTests : IDisposable
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
    private static readonly string?[] Types = [null, "text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "application/json"];

    private static readonly (string Name, string Value)[] Marks =
    [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://localhost"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Site", "none"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("cloudkeeper-guard-").FullName;

    private static CancellationToken Stopping => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task No_route_does_anything_for_a_browser_nor_under_the_name_of_another_host()
    {
        await using var node = await OneNode.Start(_directory).LeadAsync();
        await node.WriteAsync("/a", "1");
        while (await node.Replica.AskAsync(replica => replica.Machine.FeatureLevel) < FeatureLevels.Newest)
        {
            await Task.Yield();
        }

        var digest = await node.Replica.AskAsync(replica => replica.Machine.Digest);

        foreach (var (route, method) in Routes(node).SelectMany(route => Methods.Select(method => (route, method))))
        {
            foreach (var (type, mark) in Types.SelectMany(type => Marks.Select(mark => (type, mark))))
            {
                await AssertRefusedAsync(node, method, route, type, mark, HttpStatusCode.Forbidden);
            }

            if (route is not ("/healthz" or "/readyz"))
            {
                await AssertRefusedAsync(node, method, route, null, ("Host", "rebind.evil.example"), HttpStatusCode.MisdirectedRequest);
            }
        }

        Assert.Equal(digest, await node.Replica.AskAsync(replica => replica.Machine.Digest));
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("node1.example:7000")]
    [InlineData("127.0.0.1:1")]
    public async Task A_program_is_answered_under_the_names_of_the_members(string host)
    {
        await using var node = OneNode.Start(_directory, "1=http://node1.example:7000");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics") { Headers = { Host = host } };
        using var answer = await node.Client.SendAsync(request, Stopping);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.True(answer.Headers.CacheControl is { NoStore: true });
    }

    private static async Task AssertRefusedAsync(
        OneNode node, string method, string route, string? type, (string Name, string Value) header, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), route);
        Assert.True(request.Headers.TryAddWithoutValidation(header.Name, header.Value));
        if (type is not null)
        {
            request.Content = new StringContent("""{"member":1}""", new System.Net.Http.Headers.MediaTypeHeaderValue(type));
        }

        using var answer = await node.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stopping);
        Assert.True(answer.StatusCode == status, $"{method} {route} {type} {header}: {answer.StatusCode}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    /// <summary>Each with something in place of its parameters; and one that does not exist.</summary>
    private static IEnumerable<string> Routes(OneNode node) => node.Routes
        .Select(endpoint => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(NameOf)))
        .Append("/nothing").Distinct(StringComparer.Ordinal);

    private static string NameOf(RoutePatternPathSegment segment) =>
        string.Concat(segment.Parts.Select(part => part is RoutePatternLiteralPart literal ? literal.Content : "1"));
}
