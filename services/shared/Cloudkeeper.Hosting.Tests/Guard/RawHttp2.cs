using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cloudkeeper.Hosting.Tests.Guard;

/// <summary>One request over HTTP/2 with pseudo headers that no client of .NET would send (RFC 9113, RFC 7541).</summary>
internal static class RawHttp2
{
    private const byte Data = 0;
    private const byte Headers = 1;
    private const byte Settings = 4;
    private const byte EndOfStreamAndHeaders = 0x5;
    private const byte EndOfStream = 0x1;
    private const byte Acknowledgement = 0x1;

    /// <returns>The bodies of the answer's frames of data.</returns>
    public static async Task<string> GetAsync(Uri server, string path, string scheme, string authority)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
        await using var stream = new NetworkStream(socket);
        byte[] block = [.. Literal(":method", "GET"), .. Literal(":scheme", scheme), .. Literal(":path", path), .. Literal(":authority", authority)];
        byte[] opening =
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, []), .. Frame(Headers, EndOfStreamAndHeaders, 1, block),
        ];
        await stream.WriteAsync(opening, TestContext.Current.CancellationToken);

        var body = new StringBuilder();
        while (true)
        {
            var head = await ReadAsync(stream, 9);
            var content = await ReadAsync(stream, (head[0] << 16) + (head[1] << 8) + head[2]);
            if (head[3] == Settings && (head[4] & Acknowledgement) == 0)
            {
                await stream.WriteAsync(Frame(Settings, Acknowledgement, 0, []), TestContext.Current.CancellationToken);
            }
            else if (head[3] is Data or Headers)
            {
                body.Append(head[3] == Data ? Encoding.UTF8.GetString(content) : "");
                if ((head[4] & EndOfStream) != 0)
                {
                    return body.ToString();
                }
            }
            else
            {
                // Of a reset or the connection's end there is no answer to wait for.
                Assert.False(head[3] is 3 or 7, $"The server ended it: frame {head[3]}, {Convert.ToHexString(content)}.");
            }
        }
    }

    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Frame(byte type, byte flags, byte stream, byte[] content) =>
        [0, (byte)(content.Length >> 8), (byte)content.Length, type, flags, 0, 0, 0, stream, .. content];

    private static async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }
}
