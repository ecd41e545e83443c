namespace Cloudkeeper.Proxy.Tests;

/// <summary>Alone, since metrics are of all proxies of this process together.</summary>
[Collection(Alone.Name)]
public sealed class ListChangeTests
{
    [Fact(Timeout = 60_000)]
    public async Task No_request_finds_the_list_empty_while_another_gateway_takes_the_place_of_the_only_one()
    {
        await using var one = await FakeGateway.StartAsync(FakeGateway.Say("one"));
        await using var two = await FakeGateway.StartAsync(FakeGateway.Say("two"));
        await using var proxy = await TestProxy.StartAsync(one);

        for (var i = 0; i < 100; i++)
        {
            var requests = Enumerable.Range(0, 4)
                .Select(_ => proxy.Client.GetAsync("/v1/nodes/a", TestContext.Current.CancellationToken)).ToArray();
            proxy.Use(i % 2 == 0 ? two : one);
            foreach (var answer in await Task.WhenAll(requests))
            {
                answer.Dispose();
            }
        }

        var metrics = await proxy.Client.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("cloudkeeper_proxy_requests_total{outcome=\"answered\"}", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("outcome=\"no-gateway\"", metrics, StringComparison.Ordinal);
    }
}
