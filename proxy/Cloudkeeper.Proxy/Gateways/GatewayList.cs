using System.Text.Json;
using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Logging;

namespace Cloudkeeper.Proxy.Gateways;

/// <summary>
/// A node's list of the gateways that have registered. Each entry is judged by itself: one that cannot be used costs no
/// other, with any content.
/// </summary>
/// <param name="Usable">Base addresses, each authority once.</param>
/// <param name="Skipped">The faults of the others, as many as a line of the log takes.</param>
/// <param name="SkippedCount">How many those are.</param>
internal sealed record GatewayList(IReadOnlyList<Uri> Usable, IReadOnlyList<string> Skipped, int SkippedCount)
{
    /// <summary>
    /// Gateways that are used at a time: each is probed every second. The cluster itself takes fewer; before feature level 4
    /// it cannot tell gateways from other clients that write there.
    /// </summary>
    public const int CountMax = 256;

    private const int SkippedMax = 3;

    /// <summary>An entry's text in the log is cut off behind this.</summary>
    private const int TextCharsMax = 60;

    /// <param name="answer">As it came.</param>
    /// <param name="judge">Why an address that could be one is not to be used, or null.</param>
    /// <returns>Null: that is no list of gateways.</returns>
    public static GatewayList? TryParse(ReadOnlyMemory<byte> answer, Func<Uri, string?> judge)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("gateways"u8, out var gateways)
                && gateways.ValueKind == JsonValueKind.Array
                    ? Of(gateways, judge)
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>As many as are used at a time; those that are in use already come first, so that no crowd displaces them.</summary>
    public IReadOnlyList<Uri> Choose(IReadOnlyCollection<Uri> current) =>
    [
        .. Usable.OrderByDescending(current.Contains).Take(CountMax)
            .OrderBy(gateway => gateway.AbsoluteUri, StringComparer.Ordinal),
    ];

    private static GatewayList Of(JsonElement gateways, Func<Uri, string?> judge)
    {
        var usable = new Dictionary<string, Uri>(StringComparer.Ordinal);
        var skipped = new List<string>();
        var skippedCount = 0;
        foreach (var entry in gateways.EnumerateArray())
        {
            var problem = ReachableAddress.Parse(TextOf(entry, "address")) is { } text && new Uri(text) is var address
                ? judge(address) ?? (usable.TryAdd(address.Authority, address) ? null : "is there twice")
                : "has no address that can be used";
            if (problem is not null && skippedCount++ < SkippedMax)
            {
                skipped.Add($"{Shown(TextOf(entry, "instance"))} ({Shown(TextOf(entry, "address"))}) {problem}");
            }
        }

        return new GatewayList([.. usable.Values], skipped, skippedCount);
    }

    /// <summary>Null for any value but a text, one that is no Unicode included.</summary>
    private static string? TextOf(JsonElement entry, string member)
    {
        try
        {
            return entry.ValueKind == JsonValueKind.Object
                && entry.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
                    ? value.GetString()
                    : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Any client may have chosen these characters: the log escapes them.</summary>
    private static string Shown(string? text) => text is null ? "null" : PlainText.Cut(text, TextCharsMax);
}
