using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Hosting.Tests;

public sealed class OnePortTests
{
    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();
    private static readonly byte[] EmptySettingsFrame = [0, 0, 0, 4, 0, 0, 0, 0, 0];

    [Theory]
    [InlineData("1.1", "HTTP/1.1 http False POST /request?x=1 hello")]
    [InlineData("2.0", "HTTP/2 http False POST /request?x=1 hello")]
    public async Task One_port_serves_both_versions_as_plain_http(string version, string expected)
    {
        await using var host = await TestHost.StartAsync();
        using var client = new HttpClient();
        using var request = Request(host, new Version(version));

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(new Version(version), response.Version);
        Assert.Equal(expected, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Connections_of_both_versions_work_side_by_side()
    {
        await using var host = await TestHost.StartAsync();
        using var client = new HttpClient();

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using var request = Request(host, i % 2 == 0 ? HttpVersion.Version20 : HttpVersion.Version11);
            using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
            return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        }));

        Assert.Equal(100, answers.Count(answer => answer.StartsWith("HTTP/2 ", StringComparison.Ordinal)));
        Assert.Equal(100, answers.Count(answer => answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_preface_that_arrives_byte_by_byte_is_recognised()
    {
        await using var host = await TestHost.StartAsync();
        using var connection = await ConnectAsync(host);

        await SendByteByByteAsync(connection, [.. Preface, .. EmptySettingsFrame]);

        // The server's first frame is its SETTINGS: type 4 after the three bytes of the length.
        var frame = await ReadExactlyAsync(connection, 9);
        Assert.Equal(4, frame[3]);
    }

    [Theory]
    [InlineData("GET /request HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "GET /request ")]
    [InlineData("PRI /request HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "PRI /request ")]
    [InlineData("P /request HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "P /request ")]
    public async Task A_request_line_that_arrives_byte_by_byte_loses_none(string request, string expected)
    {
        await using var host = await TestHost.StartAsync();
        using var connection = await ConnectAsync(host);

        await SendByteByByteAsync(connection, Encoding.ASCII.GetBytes(request));

        var answer = await ReadToEndAsync(connection);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains($"HTTP/1.1 http False {expected}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Almost_a_preface_is_refused_and_closed()
    {
        await using var host = await TestHost.StartAsync();
        using var connection = await ConnectAsync(host);

        await connection.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX"u8.ToArray(), TestContext.Current.CancellationToken);

        // Kestrel's HTTP/1.1 knows that request line too, and answers with a GOAWAY frame (type 7) of 8 bytes.
        Assert.StartsWith("\0\0\b\a", await ReadToEndAsync(connection), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Half_a_preface_and_then_silence_is_closed()
    {
        await using var host = await TestHost.StartAsync(limits: Impatient);
        using var connection = await ConnectAsync(host);

        await connection.SendAsync(Preface.AsMemory(0, 10), TestContext.Current.CancellationToken);

        Assert.Empty(await ReadToEndAsync(connection));
    }

    [Fact]
    public async Task A_connection_that_never_sends_anything_is_closed()
    {
        await using var host = await TestHost.StartAsync(limits: Impatient);
        using var connection = await ConnectAsync(host);

        Assert.Empty(await ReadToEndAsync(connection));
    }

    [Fact]
    public async Task A_connection_that_has_sent_nothing_yet_does_not_hold_up_the_shutdown()
    {
        await using var host = await TestHost.StartAsync();
        using var silent = await ConnectAsync(host);
        using var client = new HttpClient();
        // The answer to a later connection shows that the silent one has been accepted.
        await client.GetStringAsync(new Uri(host.Address, "/healthz"), TestContext.Current.CancellationToken);

        var closed = ReadToEndAsync(silent);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await host.App.StopAsync(limit.Token);

        Assert.False(limit.IsCancellationRequested);
        Assert.Empty(await closed);
    }

    private static void Impatient(KestrelServerLimits limits)
    {
        limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(200);
    }

    private static HttpRequestMessage Request(TestHost host, Version version) =>
        new(HttpMethod.Post, new Uri(host.Address, "/request?x=1"))
        {
            Version = version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent("hello"),
        };

    private static async Task<Socket> ConnectAsync(TestHost host)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port, TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task SendByteByByteAsync(Socket socket, byte[] bytes)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            await socket.SendAsync(bytes.AsMemory(i, 1), TestContext.Current.CancellationToken);
        }
    }

    private static async Task<byte[]> ReadExactlyAsync(Socket socket, int count)
    {
        await using var stream = new NetworkStream(socket);
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var reader = new StreamReader(new NetworkStream(socket));
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
