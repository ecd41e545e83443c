using System.Net.Http.Headers;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// Headers by which a proxy names the origin of a request. From a client they prove nothing, and a gateway must not
/// take them for ours.
/// </summary>
internal static class ClientHeaders
{
    private static readonly string[] Prefixes = ["X-Forwarded", "Client-Cert", "Cloudkeeper-Client", "Cloudkeeper-Leader"];

    public static void Remove(HttpRequestHeaders headers)
    {
        List<string>? claims = null;
        foreach (var (name, _) in headers.NonValidated)
        {
            if (IsClaim(name))
            {
                (claims ??= []).Add(name);
            }
        }

        claims?.ForEach(name => headers.Remove(name));
    }

    private static bool IsClaim(string name)
    {
        const StringComparison Ignored = StringComparison.OrdinalIgnoreCase;
        return (name[0] | 0x20) switch
        {
            'f' => name.Equals("Forwarded", Ignored),
            'x' => name.StartsWith(Prefixes[0], Ignored) || name.Equals("X-Real-IP", Ignored),
            'c' => name.StartsWith(Prefixes[1], Ignored) || name.StartsWith(Prefixes[2], Ignored) || name.StartsWith(Prefixes[3], Ignored),
            _ => false,
        };
    }
}
