namespace Cloudkeeper.Hosting;

/// <summary>
/// Base addresses in one setting, separated by commas: <c>http://127.0.0.1:7001,http://127.0.0.1:7002</c>. Lists of
/// settings would be awkward as flags.
/// </summary>
public static class AddressList
{
    private const StringSplitOptions Trimmed = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    /// <exception cref="FormatException">See <see cref="Errors"/>, which lists all of them.</exception>
    public static IReadOnlyList<Uri> Parse(string addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        return [.. addresses.Split(',', Trimmed).Select(
            address => TryParse(address) ?? throw new FormatException($"'{address}' is not an http:// address."))];
    }

    /// <summary>The errors of a setting, one sentence for each address that cannot be used.</summary>
    public static IEnumerable<string> Errors(string setting, string addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        return addresses.Split(',', Trimmed).Where(address => TryParse(address) is null).Select(
            address => $"{setting}: '{address}' is not an address such as http://127.0.0.1:7001.");
    }

    private static Uri? TryParse(string address) =>
        ReachableAddress.Parse(address) is { } reachable && reachable.StartsWith("http://", StringComparison.Ordinal)
            ? new Uri(reachable)
            : null;
}
