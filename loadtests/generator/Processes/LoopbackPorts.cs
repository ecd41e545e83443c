using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.LoadGenerator.Processes;

/// <summary>Free ports for the children that the generator starts.</summary>
internal static class LoopbackPorts
{
    /// <summary>All are held open until all are known, so that they differ.</summary>
    public static int[] Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(l => l.Start());
            return [.. listeners.Select(l => ((IPEndPoint)l.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(l => l.Dispose());
        }
    }
}
