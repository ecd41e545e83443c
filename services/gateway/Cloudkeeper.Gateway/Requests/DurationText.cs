using System.Globalization;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>Durations of API.md: a decimal number and a unit, <c>500ms</c>, <c>10s</c>, <c>1.5m</c>, <c>1h</c>.</summary>
internal static class DurationText
{
    /// <summary>Far above every limit, far below where the arithmetic would overflow.</summary>
    private const int NumberCharsMax = 18;

    /// <summary>Whole milliseconds only: a duration that cannot be kept exactly is refused.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long milliseconds)
    {
        milliseconds = 0;
        var unit = text.Length - text.TrimEnd("hms").Length;
        var factor = text[^unit..] switch
        {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 0,
        };
        var digits = text[..^unit];
        if (factor == 0 || digits.Length is 0 or > NumberCharsMax || digits[0] == '.' || digits[^1] == '.'
            || !decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        var exact = value * factor;
        if (exact != decimal.Truncate(exact) || exact > long.MaxValue)
        {
            return false;
        }

        milliseconds = (long)exact;
        return true;
    }

    /// <summary>Seconds, below one second milliseconds.</summary>
    public static string Format(long milliseconds) => milliseconds is > 0 and < 1_000
        ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}ms")
        : string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1_000m:0.###}s");
}
