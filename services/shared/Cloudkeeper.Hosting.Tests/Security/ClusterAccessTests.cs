using System.Net;
using Cloudkeeper.Hosting.Security;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Hosting.Tests.Security;

public sealed class ClusterAccessTests
{
    private const string Right = "Cloudkeeper AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
    private const string Wrong = "Cloudkeeper AAAABAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

    private static readonly ClusterKey Key = ClusterKey.TryParse(Right["Cloudkeeper ".Length..])!;

    [Theory]
    [InlineData(true, Right, true)]
    [InlineData(true, Wrong, false)]
    [InlineData(true, null, false)]
    [InlineData(true, "", false)]
    [InlineData(false, Right, true)]
    [InlineData(false, null, true)]
    [InlineData(false, Wrong, false)]
    public void A_call_is_served_with_the_key_and_while_processes_change_without_one(bool isRequired, string? header, bool isServed) =>
        Assert.Equal(isServed, new ClusterAccess(Key) { IsRequired = isRequired }.Admits(new StringValues(header)));

    [Fact]
    public void Two_headers_are_no_key() => Assert.False(new ClusterAccess(Key).Admits(new StringValues([Wrong, Right])));

    [Fact]
    public async Task A_key_that_was_given_is_shown_to_every_node() =>
        Assert.Equal(Right, await ShownAsync(new ClusterAccess(Key), "http://10.0.0.1:7000/"));

    [Theory]
    [InlineData("http://127.0.0.1:7001/", Right)]
    [InlineData("http://localhost:7001/", Right)]
    [InlineData("http://[::1]:7001/", Right)]
    [InlineData("http://10.0.0.1:7000/", null)]
    [InlineData("http://node1:7000/", null)]
    public async Task The_key_of_a_user_does_not_leave_the_machine(string address, string? shown) =>
        Assert.Equal(shown, await ShownAsync(new ClusterAccess(Key) { UserFile = "cluster.key" }, address));

    [Fact]
    public async Task Without_a_key_nothing_is_shown() =>
        Assert.Null(await ShownAsync(ClusterAccess.Open, "http://127.0.0.1:7001/"));

    private static async Task<string?> ShownAsync(ClusterAccess access, string address)
    {
        using var last = new Recording();
        using var client = new HttpClient(access.Sign(last), disposeHandler: false);
        using var response = await client.GetAsync(new Uri(address), TestContext.Current.CancellationToken);
        return last.Authorization;
    }

    private sealed class Recording : HttpMessageHandler
    {
        public string? Authorization { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorization = request.Headers.Authorization?.ToString();
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        }
    }
}
