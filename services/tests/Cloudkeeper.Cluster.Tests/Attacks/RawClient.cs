using System.Net.Sockets;
using System.Text;

namespace Cloudkeeper.Cluster.Tests.Attacks;

/// <summary>A connection that sends a request as it is written, and reads the answer as slowly as it likes.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096, NoDelay = true };

    public async Task SendAsync(Uri address, string head)
    {
        await _socket.ConnectAsync(address.Host, address.Port);
        await _socket.SendAsync(Encoding.ASCII.GetBytes(head));
    }

    /// <returns>Bytes that were read before the connection ended or time was up.</returns>
    public async Task<long> ReadSlowlyAsync(int bytesPerSecond, CancellationToken until)
    {
        var buffer = new byte[bytesPerSecond];
        var total = 0L;
        try
        {
            using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (await pace.WaitForNextTickAsync(until) && await _socket.ReceiveAsync(buffer, until) is > 0 and var count)
            {
                total += count;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // The server has ended it, or the attack is over.
        }

        return total;
    }

    public void Dispose() => _socket.Dispose();
}
