using System.Globalization;

namespace Cloudkeeper.LoadGenerator;

/// <summary>Times as the HTTP API writes them: a decimal number and ms, s, m or h.</summary>
internal static class Durations
{
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), // before m and s, which it ends with or starts with
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
    ];

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        foreach (var (unit, length) in Units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                var number = text[..^unit.Length];
                if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
                    || count > 86_400_000)
                {
                    return false;
                }

                duration = TimeSpan.FromTicks((long)(count * length.Ticks));
                return true;
            }
        }

        return false;
    }
}
