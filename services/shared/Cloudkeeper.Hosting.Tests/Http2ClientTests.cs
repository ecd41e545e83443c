
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

    [Fact]
    public async Task A_port_where_nobody_listens_is_an_error_at_once()
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
}
