using System.Net.Sockets;
using System.Text;
using Cloudkeeper.Gateway.Tests.Hosting;

namespace Cloudkeeper.Gateway.Tests.Watches.Initial;

/// <summary>A client that asks for a watch and reads only when the test lets it.</summary>
internal sealed class SlowWatch : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };

    public static async Task<SlowWatch> OpenAsync(GatewayFixture gateway, string query)
    {
        var watch = new SlowWatch();
        await watch._socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port, TestContext.Current.CancellationToken);
        await watch._socket.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/watch?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        return watch;
    }

    /// <summary>Reads some bytes, or fewer where the stream ends.</summary>
    public async Task ReadAsync(int bytes)
    {
        var buffer = new byte[64 << 10];
        while (bytes > 0)
        {
            var read = await _socket.ReceiveAsync(buffer.AsMemory(0, Math.Min(bytes, buffer.Length)));
            if (read == 0)
            {
                return;
            }

            bytes -= read;
        }
    }

    /// <summary>The last bytes before the stream ends.</summary>
    public async Task<string> ReadLastAsync(int bytes)
    {
        var (buffer, last) = (new byte[64 << 10], "");
        for (int read; (read = await _socket.ReceiveAsync(buffer.AsMemory())) > 0;)
        {
            last += Encoding.UTF8.GetString(buffer, 0, read);
            last = last[Math.Max(0, last.Length - bytes)..];
        }

        return last;
    }

    public void Dispose() => _socket.Dispose();
}
