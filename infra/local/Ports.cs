using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Local;

internal static class Ports
{
    /// <summary>One sentence for each port of the cluster that something else listens on.</summary>
    public static IEnumerable<string> Taken(Topology topology) => topology.All.Where(part => IsTaken(part.Address.Port))
        .Select(part => Describe(part, part == topology.Proxy ? "--port" : "--base-port"));

    /// <param name="option">Which one chooses another port.</param>
    public static string Describe(Part part, string option) =>
        $"Port {part.Address.Port}, for {part.Name}, is taken. Stop what listens there "
        + $"(ss -ltnp sport = :{part.Address.Port} shows it), or choose another with {option}.";

    public static bool IsTaken(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return false;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return true;
        }
    }
}
