using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Local;

internal static class Ports
{
    /// <summary>One sentence for each port of the cluster on which its part could not listen.</summary>
    public static IEnumerable<string> Taken(Topology topology) => topology.All
        .Select(part => Problem(part, part == topology.Proxy ? "--port" : "--base-port")).OfType<string>();

    /// <param name="option">Which one chooses another port.</param>
    /// <returns>Null: the part can listen there.</returns>
    public static string? Problem(Part part, string option) => Describe(part, option, Try(part.Address.Port));

    public static string? Describe(Part part, string option, SocketError error) => error switch
    {
        SocketError.Success => null,
        SocketError.AddressAlreadyInUse =>
            $"Port {part.Address.Port}, for {part.Name}, is taken. Stop what listens there "
            + $"(ss -ltnp sport = :{part.Address.Port} shows it), or choose another with {option}.",
        SocketError.AccessDenied =>
            $"Port {part.Address.Port}, for {part.Name}, is for privileged processes: choose one from 1024 on with {option}.",
        _ => $"{part.Name} cannot listen on port {part.Address.Port} of 127.0.0.1 ({error}): it needs IPv4 on loopback, and {option} "
            + "chooses another port.",
    };

    private static SocketError Try(int port)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return SocketError.Success;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode;
        }
    }
}
