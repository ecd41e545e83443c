using System.Globalization;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>Integers in parameters and headers: digits with an optional minus, nothing around them, within ±2^53.</summary>
internal static class IntegerText
{
    private const int DigitsMax = 16;

    public static bool TryParse(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        return text.Length is > 0 and <= DigitsMax + 1
            && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value)
            && text[0] != '+'
            && value is >= -Revision.ValueMax and <= Revision.ValueMax;
    }

    public static string Format(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <exception cref="ProblemException"><c>invalid-revision</c>.</exception>
    public static Revision ParseRevision(ReadOnlySpan<char> text) => TryParse(text, out var value) && value >= 0
        ? new Revision(value)
        : throw new ProblemException(ErrorKinds.InvalidRevision);
}
