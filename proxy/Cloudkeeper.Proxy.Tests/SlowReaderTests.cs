using System.Net;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Proxy.Tests;

/// <summary>
/// Clients that take little of what they ask for: the proxy's part of it is bounded, and other clients do not notice.
/// </summary>
public sealed class SlowReaderTests
{
    private const int KiB = 1 << 10;
    private const int MiB = 1 << 20;

    /// <summary>More than the window of the connection to a gateway, which the streams' windows together must not fill.</summary>
    private const int ReadersMax = 600;

    [Fact(Timeout = 120_000)]
    public async Task The_untaken_rest_of_an_answer_stays_at_the_gateway_however_fast_the_client_was_before()
    {
        var sent = 0L;
        var part = new byte[16 * KiB];
        await using var gateway = await FakeGateway.StartAsync(async context =>
        {
            while (true)
            {
                await context.Response.BodyWriter.WriteAsync(part, context.RequestAborted);
                Interlocked.Add(ref sent, part.Length);
            }
        });
        await using var proxy = await TestProxy.StartAsync(gateway);
        using var client = Http2Client(proxy);
        using var answer = await client.GetAsync(
            "/v1/nodes/a", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await body.ReadExactlyAsync(new byte[64 * MiB], TestContext.Current.CancellationToken);

        await UntilAsync(() => proxy.Waiting == 1 && gateway.Waiting == 1, "the reader is waited for");
        Assert.InRange(Interlocked.Read(ref sent) - (64 * MiB), 0, 512 * KiB);
        Assert.InRange(proxy.Budget.UsedBy(MemoryUse.Answers), 192 * KiB, 256 * KiB);
    }

    [Fact(Timeout = 120_000)]
    public async Task Hundreds_of_slow_readers_hold_up_no_other_and_give_everything_back()
    {
        await using var gateway = await FakeGateway.StartAsync(static async context =>
            await context.Response.BodyWriter.WriteAsync(
                new byte[context.Request.Path == "/v1/nodes/large" ? MiB : 10], context.RequestAborted));
        await using var proxy = await TestProxy.StartAsync(gateway);
        using var slow = Http2Client(proxy);
        var answers = await Task.WhenAll(Enumerable.Range(0, ReadersMax).Select(_ => slow.GetAsync(
            "/v1/nodes/large", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken)));
        await UntilAsync(() => proxy.Waiting == ReadersMax && gateway.Waiting == ReadersMax, "all readers are waited for");
        Assert.InRange(proxy.Budget.UsedBy(MemoryUse.Answers), ReadersMax * 192L * KiB, ReadersMax * 256L * KiB);
        Assert.InRange(gateway.Budget.UsedBy(MemoryUse.Answers), 1, ReadersMax * 64L * KiB);

        // Through the same connection to the gateway, and also as one more stream of the slow client's.
        foreach (var client in (HttpClient[])[proxy.Client, slow])
        {
            var quick = await client.GetByteArrayAsync("/v1/nodes/a", TestContext.Current.CancellationToken);
            Assert.Equal(10, quick.Length);
            quick = await client.GetByteArrayAsync("/v1/nodes/large", TestContext.Current.CancellationToken);
            Assert.Equal(MiB, quick.Length);
        }

        foreach (var answer in answers)
        {
            answer.Dispose();
        }

        await UntilAsync(
            () => proxy.Waiting + gateway.Waiting == 0 && proxy.Budget.Used + gateway.Budget.Used == 0, "no transfer waits");
    }

    private static HttpClient Http2Client(TestProxy proxy) => new(
        new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = false })
    {
        BaseAddress = proxy.Address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static Task UntilAsync(Func<bool> condition, string what) =>
        Eventually.TrueAsync(() => Task.FromResult(condition()), TimeSpan.FromMinutes(1), what);
}
