using System.Net;
using System.Text.Json;

namespace Cloudkeeper.Proxy.Tests;

public sealed class ServiceIndexTests
{
    [Fact(Timeout = 30_000)]
    public async Task The_root_says_what_this_is_and_where_to_go_on_without_any_gateway()
    {
        await using var proxy = await TestProxy.StartAsync("--Proxy:Gateways=http://127.0.0.1:1");
        using var client = new HttpClient { BaseAddress = proxy.Address };

        var index = JsonDocument.Parse(await client.GetStringAsync("/", TestContext.Current.CancellationToken)).RootElement;
        Assert.Equal("Cloudkeeper", index.GetProperty("service").GetString());
        Assert.Equal("/openapi/v1.json", index.GetProperty("openapi").GetString());
        Assert.Matches(@"^\d+\.\d+\.\d+", index.GetProperty("version").GetString()!);

        using var head = await client.SendAsync(new(HttpMethod.Head, "/"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    /// <summary>Only reads are answered here: what else there is decide the gateways.</summary>
    [Fact(Timeout = 30_000)]
    public async Task A_write_to_the_root_goes_to_a_gateway()
    {
        await using var gateway = await FakeGateway.StartAsync(FakeGateway.Say("reached"));
        await using var proxy = await TestProxy.StartAsync(gateway);
        await proxy.UntilReadyAsync(1);
        using var client = new HttpClient { BaseAddress = proxy.Address };

        using var answer = await client.PutAsync("/", new StringContent("x"), TestContext.Current.CancellationToken);
        Assert.Equal("reached", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
