using System.Collections.Frozen;
using System.Net;

namespace Cloudkeeper.Hosting.Guard;

/// <summary>
/// The hosts under which a process is reached. A page whose name was made to point here (DNS rebinding) is of the same
/// origin as we are to its browser, and can do everything; only its name in <c>Host</c> gives it away.
/// </summary>
/// <remarks>
/// Ports do not matter: containers and tunnels map them, and a page can rebind a name, not a port. Addresses cannot be made
/// to point elsewhere either, so that one is accepted wherever connections come to a real interface; on loopback, where
/// none but loopback's own makes sense, no other is.
/// </remarks>
internal sealed class AcceptedHosts
{
    private const string Local = "localhost";

    private readonly FrozenSet<string> _names;
    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly string[] _suffixes;
    private readonly IHostSource[] _sources;

    /// <param name="names">Names and addresses without ports, or <c>*.name</c> for all names below one.</param>
    public AcceptedHosts(IEnumerable<string> names, IEnumerable<IHostSource> sources)
    {
        var all = names.ToLookup(name => name.StartsWith("*.", StringComparison.Ordinal));
        _names = all[false].Append(Local).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _lookup = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        _suffixes = [.. all[true].Select(name => name[1..]), "." + Local];
        _sources = [.. sources];
    }

    /// <param name="host">The header's value.</param>
    /// <param name="local">At which the connection arrived; null when it is no address.</param>
    /// <param name="isForAll">Whether it is accepted on every connection.</param>
    public bool Accepts(string host, IPAddress? local, out bool isForAll)
    {
        var name = HostHeader.NameOf(host);
        isForAll = !name.IsEmpty && (_lookup.Contains(name) || IsBelow(name));
        if (isForAll || name.IsEmpty)
        {
            return isForAll;
        }

        var isAddress = HostHeader.TryParseAddress(name, out var address);
        isForAll = isAddress && IPAddress.IsLoopback(address);
        return isForAll || (isAddress && IsInterface(local)) || IsLearned(name.ToString());
    }

    private static bool IsInterface(IPAddress? local) => local is not null && !IPAddress.IsLoopback(HostHeader.Plain(local));

    private bool IsBelow(ReadOnlySpan<char> name)
    {
        foreach (var suffix in _suffixes)
        {
            if (name.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) && HasLabels(name[..^suffix.Length]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasLabels(ReadOnlySpan<char> labels) =>
        !labels.IsEmpty && labels[0] != '.' && labels[^1] != '.' && !labels.Contains("..", StringComparison.Ordinal);

    private bool IsLearned(string name) => Array.Exists(_sources, source => source.Addresses.Any(address =>
        SettingHosts.HostOf(address) is { } known && known.Equals(name, StringComparison.OrdinalIgnoreCase)));
}
