using System.Text;
using Cloudkeeper.LoadGenerator.Http;

namespace Cloudkeeper.Cluster.Tests.Generator;

public sealed class HttpReplyTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"7\"\r\n\r\nabc", 200)]
    [InlineData("HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n", 201)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n", 200)]
    [InlineData("HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n", 204)]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", 304)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}", 503)]
    public void A_response_is_complete_at_its_last_byte_and_not_before(string response, int status)
    {
        var bytes = Encoding.ASCII.GetBytes(response);

        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.False(HttpReply.TryRead(bytes.AsSpan(0, length), out _, out _)));
        Assert.True(HttpReply.TryRead([.. bytes, .. "HTTP/1.1 200 OK"u8], out var found, out var consumed));
        Assert.Equal((status, bytes.Length), (found, consumed));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n")]
    public void An_answer_that_the_generator_does_not_understand_is_an_error(string response) =>
        Assert.Throws<InvalidDataException>(() => HttpReply.TryRead(Encoding.ASCII.GetBytes(response), out _, out _));
}
