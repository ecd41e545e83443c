using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace Cloudkeeper.Hosting;

/// <summary>
/// Where others reach a process: a base address without a path, in the one spelling that is compared. The listening
/// address is another thing: all interfaces, a socket file or a port that the system is to choose are good for
/// listening only.
/// </summary>
public static class ReachableAddress
{
    /// <summary>Room for the longest host name, the scheme and a port.</summary>
    public const int CharsMax = 270;

    private const int HostCharsMax = 253;
    private const int LabelCharsMax = 63;

    /// <summary>
    /// The address in lower case, without a default port, without a slash at the end. Null: the text is no such address.
    /// </summary>
    public static string? Parse(string? text) => Read(text, portMin: 1);

    /// <summary>Only processes of the same machine get there.</summary>
    /// <param name="address">As <see cref="Parse"/> gives it.</param>
    public static bool IsLoopback(string address) => IsLoopback(new Uri(address, UriKind.Absolute));

    /// <inheritdoc cref="IsLoopback(string)"/>
    public static bool IsLoopback(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.IsLoopback || address.Host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The one address that this process listens on, if others can use it.</summary>
    /// <param name="configuration">Of the web server.</param>
    /// <param name="others">
    /// The processes that have to reach it; when all are on this machine a loopback address will do.
    /// </param>
    /// <param name="mayChoosePort">The port may be 0: it is known when the process listens.</param>
    /// <returns>The address, or the objection, for a sentence that begins with "this process".</returns>
    public static (string? Address, string? Problem) FromListening(
        IConfiguration configuration, IEnumerable<string> others, bool mayChoosePort = false)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var urls = ListeningAddresses.Given(configuration);
        if (urls is not [var url])
        {
            // Nothing is set: a trial on one machine, which needs no settings.
            return urls.Count == 0 ? (ListeningAddresses.Default, null) : (null, $"listens on {string.Join(" and ", urls)}");
        }

        return Read(url, mayChoosePort ? 0 : 1) switch
        {
            null => (null, $"listens on {url}, which is no address for others"),
            var address when IsLoopback(address) && others.Any(other => !IsLoopback(other)) =>
                (null, $"listens on {url}, which no other machine reaches"),
            var address => (address, null),
        };
    }

    private static string? Read(string? text, int portMin) =>
        text is { Length: <= CharsMax }
        && Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
        && uri.Port >= portMin
        && HostOf(uri) is { } host
            ? string.Create(CultureInfo.InvariantCulture, $"{uri.Scheme}://{host}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}")
            : null;

    /// <remarks>
    /// The scope of a link-local address means something on one machine only. A name in other letters than ASCII is spelled by
    /// each platform's own rules: it is to be given as DNS has it (<c>xn--…</c>).
    /// </remarks>
    private static string? HostOf(Uri uri) => uri.HostNameType switch
    {
        UriHostNameType.IPv4 or UriHostNameType.IPv6 => IPAddress.TryParse(uri.DnsSafeHost, out var ip) && !uri.DnsSafeHost.Contains('%')
            ? HostOf(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip)
            : null,
        _ => IsName(uri.Host) ? uri.Host : null,
    };

    private static string? HostOf(IPAddress ip) => ip switch
    {
        { AddressFamily: AddressFamily.InterNetwork } => ip.GetAddressBytes()[0] is 0 or >= 224 ? null : ip.ToString(),
        _ => ip.Equals(IPAddress.IPv6Any) || ip.IsIPv6Multicast || $"{ip}".Contains('.') ? null : $"[{ip}]",
    };

    /// <summary>A host that ends with a number is an address of version 4, or a strange spelling of one.</summary>
    private static bool IsName(string host)
    {
        var labels = host.EndsWith('.') ? host[..^1].Split('.') : host.Split('.');
        return host.Length <= HostCharsMax && Array.TrueForAll(labels, IsLabel) && !labels[^1].All(char.IsAsciiDigit);
    }

    private static bool IsLabel(string label) => label.Length is > 0 and <= LabelCharsMax
        && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_');
}
