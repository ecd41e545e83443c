using System.Net;
using Cloudkeeper.Hosting.Memory;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Hosting.Tests.Memory;

/// <summary>The pace of answers, as every process has it.</summary>
public sealed class AnswerPaceTests
{
    private const int MiB = 1 << 20;
    private static readonly PaceRule AtOnce = new(1e12, 0, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    [Fact]
    public async Task No_rate_of_the_web_server_ends_a_connection_because_of_one_of_its_streams()
    {
        await using var host = await TestHost.StartAsync();
        var limits = host.App.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        // It counts the bytes of the connection, over all its streams: minutes of silence, and no rate.
        Assert.InRange(limits.MinResponseDataRate!.GracePeriod, TimeSpan.FromMinutes(5), TimeSpan.MaxValue);
        Assert.InRange(limits.MinResponseDataRate.BytesPerSecond, 1e9, double.MaxValue);
    }

    [Fact(Timeout = 60_000)]
    public async Task Every_handlers_answer_goes_out_in_parts_and_at_a_pace()
    {
        var outcome = new TaskCompletionSource<Exception?>();
        await using var host = await TestHost.StartAsync(static builder => builder.Services.AddSingleton(static provider =>
            new AnswerPace(provider.GetRequiredService<TransferPace>(), provider.GetRequiredService<MemoryBudget>())
            {
                Rule = AtOnce,
                BytesBehind = 1_000,
            }));
        var budget = host.App.Services.GetRequiredService<MemoryBudget>();
        var most = 0L;
        host.App.Map("/large", async (HttpContext context) =>
        {
            var write = context.Response.Body.WriteAsync(new byte[8 * MiB], context.RequestAborted);
            most = budget.UsedBy(MemoryUse.Answers);
            outcome.SetResult(await Record.ExceptionAsync(write.AsTask));
        });
        using var client = new HttpClient
        {
            BaseAddress = host.Address,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await client.GetAsync(
            "/large", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.NotNull(await outcome.Task);
        Assert.InRange(most, 0, AnswerPace.PartBytes + 1_000);
        Assert.Equal((0, 1), (budget.Used, host.App.Services.GetRequiredService<TransferPace>().EndedOf(MemoryUse.Answers)));

        // The connection goes on.
        Assert.StartsWith("HTTP/2 ", await client.GetStringAsync("/request", TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_stream_of_future_events_may_be_read_slowly()
    {
        await using var host = await TestHost.StartAsync(static builder => builder.Services.AddSingleton(static provider =>
            new AnswerPace(provider.GetRequiredService<TransferPace>(), provider.GetRequiredService<MemoryBudget>())
            {
                Rule = AtOnce,
            }));
        var pace = host.App.Services.GetRequiredService<TransferPace>();
        host.App.Map("/{kind}", async (HttpContext context, string kind) =>
        {
            if (kind == "events")
            {
                context.AllowPauses();
            }

            await context.Response.Body.WriteAsync(new byte[8 * MiB], context.RequestAborted);
        });
        using var client = new HttpClient { BaseAddress = host.Address };
        using var events = await client.GetAsync(
            "/events", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var value = await client.GetAsync(
            "/value", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        // The other one shows that the time has come.
        while (pace.EndedOf(MemoryUse.Answers) == 0)
        {
            await Task.Yield();
        }

        Assert.Equal(8 * MiB, (await events.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length);
        await Assert.ThrowsAnyAsync<Exception>(
            () => value.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }
}
