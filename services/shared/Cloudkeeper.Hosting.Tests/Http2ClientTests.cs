
namespace Cloudkeeper.Hosting.Tests;

public sealed class Http2ClientTests
{
    [Fact]
    public async Task Calls_go_out_as_http_2_on_one_connection()
    {
        await using var host = await TestHost.StartAsync();
        using var client = Http2Client.Create(host.Address);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ =>
            client.GetStringAsync("/request", TestContext.Current.CancellationToken)));

        Assert.All(answers, answer => Assert.StartsWith("HTTP/2 http ", answer, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_answer_is_taken_up_to_its_limit_and_given_up_beyond(int beyond)
    {
        await using var host = await HostOfSizesAsync();
        using var client = Http2Client.Create(host.Address);
        await ExpectAsync(
            beyond, () => client.GetByteArrayAsync(Sized(BoundedAnswer.JsonBytesMax + beyond), TestContext.Current.CancellationToken));
    }

    /// <summary>The client's limit does not hold for calls that await only the head.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_answer_of_which_only_the_head_was_awaited_is_bounded_by_its_reader(int beyond)
    {
        const int BytesMax = 1_000;
        await using var host = await HostOfSizesAsync();
        using var client = Http2Client.Create(host.Address);
        using var response = await client.GetAsync(
            Sized(BytesMax + beyond), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await ExpectAsync(
            beyond, () => BoundedAnswer.ReadAsync(response.Content, BytesMax, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_port_without_a_listener_is_an_error_at_once()
    {
        Uri address;
        await using (var host = await TestHost.StartAsync())
        {
            address = host.Address;
        }

        using var client = Http2Client.Create(address);
        var error = await Assert.ThrowsAsync<HttpRequestException>(
            () => client.GetStringAsync("/request", TestContext.Current.CancellationToken));
        Assert.Equal(HttpRequestError.ConnectionError, error.HttpRequestError);
    }

    private static string Sized(int bytes) => $"/bytes?count={bytes}";

    /// <summary>It sends without a Content-Length: a length in front would be too easy to refuse.</summary>
    private static async Task<TestHost> HostOfSizesAsync()
    {
        var host = await TestHost.StartAsync();
        host.App.MapGet("/bytes", async (HttpContext context, int count) =>
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await context.Response.Body.WriteAsync(new byte[count], context.RequestAborted);
        });
        return host;
    }

    private static async Task ExpectAsync(int beyond, Func<Task<byte[]>> read)
    {
        if (beyond == 0)
        {
            Assert.NotEmpty(await read());
        }
        else
        {
            await Assert.ThrowsAsync<HttpRequestException>(read);
        }
    }
}
