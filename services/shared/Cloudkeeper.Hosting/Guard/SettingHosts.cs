using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>
/// The hosts of all addresses in the settings of a process, under any setting's name: its listening addresses, its
/// reachable address, the other processes.
/// </summary>
internal static class SettingHosts
{
    private static readonly string[] Sections = ["Node", "Gateway", "Proxy", "Kestrel"];
    private static readonly char[] Separators = [',', ';', ' '];

    public static IEnumerable<string> Of(IConfiguration configuration) =>
        Sections.SelectMany(section => configuration.GetSection(section).AsEnumerable())
            .Select(setting => setting.Value)
            .Append(configuration[WebHostDefaults.ServerUrlsKey])
            .SelectMany(value => (value ?? "").Split(Separators, StringSplitOptions.RemoveEmptyEntries))
            .Select(HostOf)
            .OfType<string>();

    /// <param name="part">An address, or a member with its id in front: <c>1=http://node1:7000</c>.</param>
    /// <returns>Null: it is no address with a host that a request could name.</returns>
    public static string? HostOf(string part) =>
        Uri.TryCreate(part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..], UriKind.Absolute, out var address)
        && address.Scheme is "http" or "https" && !IsWildcard(address.Host)
            ? NameOf(address)
            : null;

    /// <summary>In the spelling of a <c>Host</c> header; .NET leaves the brackets of IPv6 out here.</summary>
    private static string NameOf(Uri address) =>
        address.HostNameType == UriHostNameType.IPv6 ? address.Host : address.IdnHost.TrimEnd('.');

    private static bool IsWildcard(string host) => host is "0.0.0.0" or "[::]";
}
