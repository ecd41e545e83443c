using System.Buffers;
using System.Globalization;

namespace Cloudkeeper.Protocol;

/// <summary>
/// The rule for addresses of gateways in the replicated table: <c>http://host[:port]</c> or https, nothing else. Strict
/// and written out, since every replica must come to the same verdict, with any runtime's parser of odd addresses.
/// </summary>
/// <remarks>
/// Gateways bring their address into this spelling before they register; any other spelling is no gateway's.
/// </remarks>
public static class GatewayAddress
{
    public const int CharsMax = 270;

    private const int HostCharsMax = 253;
    private const int LabelCharsMax = 63;

    private static readonly SearchValues<char> LabelChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    public static bool IsValid(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var rest = address.Length > CharsMax ? []
            : address.StartsWith("http://", StringComparison.Ordinal) ? address.AsSpan(7)
            : address.StartsWith("https://", StringComparison.Ordinal) ? address.AsSpan(8)
            : [];
        var hostEnd = rest.LastIndexOf(':') is var colon && colon > rest.LastIndexOf(']') ? colon : rest.Length;
        return IsHost(rest[..hostEnd]) && IsPort(rest[hostEnd..]);
    }

    private static bool IsHost(ReadOnlySpan<char> host) => host.StartsWith('[') && host.EndsWith(']')
        ? IsIPv6(host[1..^1])
        : IsDigit(LastLabel(host)) ? IsIPv4(host) : IsName(host);

    /// <summary>A name whose last label is a number is an address of version 4, or a strange spelling of one.</summary>
    private static ReadOnlySpan<char> LastLabel(ReadOnlySpan<char> host) => host[(host.LastIndexOf('.') + 1)..];

    private static bool IsDigit(ReadOnlySpan<char> label) => label.Length > 0 && !label.ContainsAnyExceptInRange('0', '9');

    private static bool IsName(ReadOnlySpan<char> host)
    {
        if (host.Length > HostCharsMax)
        {
            return false;
        }

        // As DNS itself writes a full name.
        var labels = host.EndsWith('.') ? host[..^1] : host;
        foreach (var range in labels.Split('.'))
        {
            var label = labels[range];
            if (label.Length is 0 or > LabelCharsMax || label.ContainsAnyExcept(LabelChars))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Four numbers without leading zeros; not "this network", which means all interfaces, and no group.</summary>
    private static bool IsIPv4(ReadOnlySpan<char> host)
    {
        var count = 0;
        foreach (var range in host.Split('.'))
        {
            var isNumber = TryReadNumber(host[range], 255, out var number);
            if (!isNumber || (count == 0 && number is 0 or >= 224))
            {
                return false;
            }

            count++;
        }

        return count == 4;
    }

    /// <summary>Eight groups of hexadecimal digits, some of them left out once; not all interfaces, and no group.</summary>
    private static bool IsIPv6(ReadOnlySpan<char> host)
    {
        if (host.StartsWith("ff") || !host.ContainsAnyExcept("0:"))
        {
            return false;
        }

        var gap = host.IndexOf("::");
        return gap < 0
            ? CountGroups(host) == 8
            : CountGroups(host[..gap]) is var before and >= 0
                && CountGroups(host[(gap + 2)..]) is var after and >= 0
                && before + after < 8;
    }

    /// <summary>-1: there is something else.</summary>
    private static int CountGroups(ReadOnlySpan<char> text)
    {
        var count = 0;
        foreach (var range in text.Split(':'))
        {
            if (text.IsEmpty)
            {
                return 0;
            }

            count = text[range] is { Length: > 0 and <= 4 } group && !group.ContainsAnyExcept(HexDigits) && count >= 0
                ? count + 1
                : -1;
        }

        return count;
    }

    private static bool IsPort(ReadOnlySpan<char> text) =>
        text.IsEmpty || (text[0] == ':' && TryReadNumber(text[1..], ushort.MaxValue, out var port) && port > 0);

    private static bool TryReadNumber(ReadOnlySpan<char> text, int max, out int number)
    {
        number = 0;
        return text.Length is > 0 and <= 5
            && (text.Length == 1 || text[0] != '0')
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
            && number <= max;
    }
}
