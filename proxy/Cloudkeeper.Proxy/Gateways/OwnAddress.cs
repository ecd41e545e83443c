using System.Net;
using System.Net.NetworkInformation;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>Decides whether an address is this proxy's own: requests to it would come back, again and again.</summary>
/// <remarks>A name that leads here by way of DNS or a load balancer is not seen through.</remarks>
/// <param name="listening">The addresses of the web server.</param>
internal sealed class OwnAddress(IEnumerable<string> listening)
{
    private const string Localhost = "localhost";

    private readonly (IPAddress? Ip, string Host, int Port)[] _own = [.. listening.Select(Read)];

    public bool Is(Uri address) => Array.Exists(_own, own => own.Port == address.Port && IsSameHost(own.Ip, own.Host, address));

    private static bool IsSameHost(IPAddress? own, string ownHost, Uri address)
    {
        var listensEverywhere = own is null || own.Equals(IPAddress.Any) || own.Equals(IPAddress.IPv6Any);
        if (IsIp(address, out var ip))
        {
            return ip.Equals(own) || (listensEverywhere && IsLocal(ip)) || (ownHost == Localhost && IPAddress.IsLoopback(ip));
        }

        return address.Host == Localhost
            ? listensEverywhere || IPAddress.IsLoopback(own!)
            : address.Host == ownHost || (listensEverywhere && IsMachineName(address.Host));
    }

    private static bool IsIp(Uri address, out IPAddress ip) => IPAddress.TryParse(address.Host.Trim('[', ']'), out ip!);

    private static bool IsLocal(IPAddress ip) => IPAddress.IsLoopback(ip)
        || NetworkInterface.GetAllNetworkInterfaces().Any(card =>
            card.GetIPProperties().UnicastAddresses.Any(unicast => unicast.Address.Equals(ip)));

    private static bool IsMachineName(string host) => host.Equals(Dns.GetHostName(), StringComparison.OrdinalIgnoreCase);

    /// <summary>The web server listens everywhere for a name that is none of the machine's addresses.</summary>
    private static (IPAddress? Ip, string Host, int Port) Read(string listening)
    {
        var binding = BindingAddress.Parse(listening);
        var host = binding.Host.Trim('[', ']').ToLowerInvariant();
        return (host == Localhost ? IPAddress.Loopback : IPAddress.TryParse(host, out var ip) ? ip : null, host, binding.Port);
    }
}
