using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>Reads the <c>Host</c> header, which over HTTP/2 is <c>:authority</c> (RFC 9110, 7.2).</summary>
internal static class HostHeader
{
    private const int PortDigitsMax = 5;

    private static readonly SearchValues<char> NameChars =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    /// <summary>
    /// The name or address without its port, and without the dot at the end of a full name; an address of IPv6 keeps its
    /// brackets. Empty when there is none, or anything else in it: user information, two ports, a zone, an encoding.
    /// </summary>
    public static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> host)
    {
        var isBracketed = host is ['[', ..];
        var end = isBracketed ? host.IndexOf(']') + 1 : host.IndexOf(':');
        end = end < 0 ? host.Length : end;
        var name = host[..end];
        if (!IsPort(host[end..]) || (!isBracketed && name.ContainsAnyExcept(NameChars)))
        {
            return [];
        }

        return !isBracketed && name.EndsWith('.') ? name[..^1] : name;
    }

    /// <summary>
    /// An address in the spelling that browsers send. Other spellings (<c>2130706433</c>, <c>127.1</c>, <c>0x7f.0.0.1</c>)
    /// count as names, and so does an address with a zone.
    /// </summary>
    public static bool TryParseAddress(ReadOnlySpan<char> name, out IPAddress address)
    {
        var isBracketed = name is ['[', .., ']'];
        var text = isBracketed ? name[1..^1] : name;
        address = IPAddress.None;
        if (text.Contains('%') || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }

        address = Plain(parsed);
        return isBracketed
            ? parsed.AddressFamily == AddressFamily.InterNetworkV6
            : parsed.AddressFamily == AddressFamily.InterNetwork && text.SequenceEqual(parsed.ToString());
    }

    /// <summary>IPv4 as itself where it stands for IPv6.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static bool IsPort(ReadOnlySpan<char> rest) =>
        rest.IsEmpty
        || (rest is [':', .. var digits] && digits.Length <= PortDigitsMax && !digits.ContainsAnyExceptInRange('0', '9'));
}
