using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>
/// Ports of a cluster. They lie below the range that the kernel takes the ports of outgoing connections from: otherwise
/// a client's connection could sit on the port of a server that was killed and is to be started again.
/// </summary>
internal static class FreePorts
{
    private const int First = 15_000;
    private const int Last = 30_000;

    public static Queue<int> Take(int count)
    {
        var ports = new Queue<int>();
        var start = Random.Shared.Next(First, Last);
        for (var offset = 0; ports.Count < count; offset++)
        {
            var port = First + ((start - First + offset) % (Last - First));
            if (IsFree(port))
            {
                ports.Enqueue(port);
            }
        }

        return ports;
    }

    private static bool IsFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
