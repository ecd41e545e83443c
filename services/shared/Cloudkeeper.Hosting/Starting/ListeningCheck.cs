using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;

namespace Cloudkeeper.Hosting.Starting;

/// <summary>
/// Whether the web server will be able to listen at its addresses: by itself it reports a failure only when everything
/// else has been started.
/// </summary>
internal sealed class ListeningCheck(IConfiguration configuration) : IStartCheck
{
    /// <summary>The room for a path in the system's address structure, without its end.</summary>
    private const int SocketPathBytesMax = 107;

    public IEnumerable<StartProblem> Look() => ListeningAddresses.Of(configuration).Select(Look).OfType<StartProblem>();

    private static StartProblem? Look(string url)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return Lasting($"{url} is no address to listen on, such as http://127.0.0.1:7000.");
        }

        return address.IsUnixPipe ? LookAtPath(address.UnixPipePath) : address.Port == 0 ? null : TryBind(url, address);
    }

    private static StartProblem? LookAtPath(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) > SocketPathBytesMax)
        {
            return Lasting($"The path {path} is too long for a socket, which takes {SocketPathBytesMax} bytes: choose a shorter one.");
        }

        return Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))
            ? null
            : Lasting($"There is no directory for the socket {path}: make it, or choose another path.");
    }

    /// <summary>
    /// Binds as the server will, and lets go at once. A free address may be taken later: the server then reports it.
    /// </summary>
    private static StartProblem? TryBind(string url, BindingAddress address)
    {
        try
        {
            SocketTransportOptions.CreateDefaultBoundListenSocket(new IPEndPoint(AddressOf(address.Host), address.Port)).Dispose();
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return new StartProblem(
                $"{url}: port {address.Port} is taken. Stop what listens there (ss -ltnp sport = :{address.Port} shows it), or "
                + "choose another one with --urls.",
                MayPass: true);
        }
        catch (SocketException e)
        {
            return Lasting(e.SocketErrorCode switch
            {
                SocketError.AddressNotAvailable =>
                    $"{url}: this machine has no such address (ip address shows those it has). Choose another one with --urls.",
                SocketError.AccessDenied =>
                    $"{url}: this user may not listen on port {address.Port}. Choose one from 1024 up with --urls, or give the "
                    + "process the capability CAP_NET_BIND_SERVICE.",
                _ => $"{url}: {e.Message}. Choose another address with --urls.",
            });
        }
    }

    /// <summary>As the server reads it: a name other than localhost means all interfaces.</summary>
    private static IPAddress AddressOf(string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            return IPAddress.Loopback;
        }

        return IPAddress.TryParse(host.Trim('[', ']'), out var address) ? address
            : Socket.OSSupportsIPv6 ? IPAddress.IPv6Any
            : IPAddress.Any;
    }

    private static StartProblem Lasting(string message) => new(message, MayPass: false);
}
