using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;

namespace Cloudkeeper.Hosting;

/// <summary>Where a process is to listen, known from its settings before it does.</summary>
public static class ListeningAddresses
{
    /// <summary>Where the web server listens when nothing is set.</summary>
    public const string Default = "http://localhost:5000";

    /// <summary>As the web server takes them: endpoints of its own section, else urls, else ports, else the default.</summary>
    public static IReadOnlyList<string> Of(IConfiguration configuration) =>
        Given(configuration) is { Count: > 0 } given ? given : [Default];

    /// <summary>The same without the default: empty when nothing is set.</summary>
    public static IReadOnlyList<string> Given(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        string[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(e => e["Url"]).OfType<string>()];
        if (endpoints.Length > 0)
        {
            return endpoints;
        }

        var urls = Split(configuration[WebHostDefaults.ServerUrlsKey]);
        string[] ports =
        [
            .. Split(configuration[WebHostDefaults.HttpPortsKey]).Select(port => "http://*:" + port),
            .. Split(configuration[WebHostDefaults.HttpsPortsKey]).Select(port => "https://*:" + port),
        ];
        return urls.Length > 0 ? urls : ports;
    }

    /// <summary>
    /// Whether only this machine reaches it. The web server takes names for all interfaces, so that none but
    /// <c>localhost</c> counts, no matter what it resolves to.
    /// </summary>
    public static bool IsLoopback(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var host = HostOf(url);
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.StartsWith("unix:/", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }

    /// <summary>The part between the scheme and the port. The server's own wildcards are no URI.</summary>
    private static string HostOf(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal);
        var rest = (start < 0 ? url : url[(start + 3)..]).Trim();
        if (rest.StartsWith("unix:/", StringComparison.OrdinalIgnoreCase))
        {
            return rest;
        }

        var host = rest.Split('/', 2)[0];
        var port = host.LastIndexOf(':');
        return port > host.LastIndexOf(']') ? host[..port] : host;
    }

    private static string[] Split(string? list) =>
        (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
