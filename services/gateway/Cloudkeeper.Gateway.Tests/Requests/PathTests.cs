using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Requests;

/// <summary>Paths as they stand on the wire: a client library would tidy them up.</summary>
[Collection(SharedGateway.Name)]
public sealed class PathTests(GatewayFixture gateway)
{
    [Theory]
    [InlineData("/v1/nodes/a//b")]
    [InlineData("/v1/nodes//")]
    [InlineData("/v1/nodes//a")]
    [InlineData("/v1/nodes/a/")]
    [InlineData("/v1/nodes/a%2Fb")]
    [InlineData("/v1/nodes/a%2fb")]
    [InlineData("/v1/nodes/%2e")]
    [InlineData("/v1/nodes/a/%2e%2E/b")]
    [InlineData("/v1/nodes/a/.%2e")]
    [InlineData("/v1/%2e%2e/nodes/a")]
    [InlineData("/v1/nodes/%ff")]
    [InlineData("/v1/nodes/%c0%af")]
    [InlineData("/v1/nodes/%ed%a0%80")]
    [InlineData("/v1/nodes/%01")]
    [InlineData("/v1/nodes/%7f")]
    [InlineData("/v1/nodes/%EF%BF%BD")]
    [InlineData("/v1/nodes/%EE%80%80")]
    [InlineData("/v1/nodes/%F0%9F%98%80")]
    public async Task A_target_that_is_no_path_is_refused(string target)
    {
        var (status, body) = await SendAsync(target);
        Assert.Equal(400, status);
        Assert.Contains("\"code\":\"invalid-path\"", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/nodes", "/")]
    [InlineData("/v1/nodes/", "/")]
    [InlineData("/v1/nodes/x/../y/./z", "/y/z")]
    [InlineData("/v1/x/../nodes/a", "/a")]
    [InlineData("/v1/nodes/a%20b", "/a b")]
    [InlineData("/v1/nodes/a+b", "/a+b")]
    [InlineData("/v1/nodes/%C3%B6", "/ö")]
    [InlineData("/v1/nodes/a%252Fb", "/a%2Fb")]
    [InlineData("/v1/nodes/...", "/...")]
    [InlineData("/v1/nodes/%61", "/a")]
    public async Task Other_paths_are_decoded_once(string target, string path)
    {
        var (_, body) = await SendAsync(target, "PUT", "?parents=true");
        Assert.Contains($"\"path\":\"{path}\"", body, StringComparison.Ordinal);
    }

    /// <summary>What its path is depends on the reader: <c>http://host?/../v1/nodes/a</c>.</summary>
    [Theory]
    [InlineData("/v1/nodes/absolute")]
    [InlineData("?/../v1/nodes/absolute")]
    [InlineData("#/v1/nodes/absolute")]
    public async Task A_target_with_its_authority_is_refused(string rest)
    {
        var (status, body) = await SendAsync(gateway.Address.GetLeftPart(UriPartial.Authority) + rest, "PUT");
        Assert.Equal(400, status);
        Assert.Contains("\"code\":\"invalid-path\"", body, StringComparison.Ordinal);
        Assert.Equal(404, (int)(await gateway.GetAsync("/v1/nodes/absolute")).Status);
    }

    [Theory]
    [InlineData(1023, 201)]
    [InlineData(1024, 400)]
    public async Task A_path_has_at_most_1024_bytes(int nameLength, int status) =>
        Assert.Equal(status, (await SendAsync("/v1/nodes/" + new string('n', nameLength), "PUT")).Status);

    private async Task<(int Status, string Body)> SendAsync(string target, string method = "GET", string query = "")
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {target}{query} HTTP/1.1\r\nHost: {gateway.Address.Authority}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        var response = await reader.ReadToEndAsync();
        return (int.Parse(response.AsSpan(9, 3), null), response);
    }
}
