using System.Net;

namespace Cloudkeeper.Node.Configuration;

/// <summary>Where the others reach a node: a base address without a path, in the one spelling that is compared.</summary>
internal static class NodeAddress
{
    private const string DefaultUrl = "http://localhost:5000";

    /// <summary>Null: the text is no such address.</summary>
    public static string? Parse(string text) =>
        Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri is { PathAndQuery: "/", Port: > 0 }
        && !IsWildcard(uri.Host)
            ? uri.GetLeftPart(UriPartial.Authority)
            : null;

    /// <summary>The one address that this process listens on, if others can use it.</summary>
    /// <returns>The address, or what stands against it.</returns>
    public static (string? Address, string? Problem) FromListening(IConfiguration configuration)
    {
        var urls = ListeningUrls(configuration);
        string[] usable = [.. urls.Select(Parse).OfType<string>()];
        return (urls.Length, usable.Length) switch
        {
            (1, 1) => (usable[0], null),
            (1, 0) => (null, $"this node listens on {urls[0]}, which is no address for others"),
            _ => (null, $"this node listens on {string.Join(" and ", urls)}"),
        };
    }

    private static string[] ListeningUrls(IConfiguration configuration)
    {
        string[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(e => e["Url"]).OfType<string>()];
        if (endpoints.Length > 0)
        {
            return endpoints;
        }

        var urls = Split(configuration[WebHostDefaults.ServerUrlsKey]);
        string[] ports = [.. Split(configuration[WebHostDefaults.HttpPortsKey]).Select(port => "http://*:" + port)];
        return urls.Length > 0 ? urls : ports.Length > 0 ? ports : [DefaultUrl];
    }

    private static string[] Split(string? list) =>
        (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>An address of all interfaces is good for listening only.</summary>
    private static bool IsWildcard(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
}
