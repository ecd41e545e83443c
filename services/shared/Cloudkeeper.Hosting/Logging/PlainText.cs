using System.Buffers;
using System.Globalization;
using System.Text;

namespace Cloudkeeper.Hosting.Logging;

/// <summary>
/// Text that may stand in one line of a log, also when it comes from a client: nothing in it ends the line, moves the
/// cursor, hides what stands before it or reverses the direction of writing.
/// </summary>
public static class PlainText
{
    /// <summary>Of a text that comes from another process, so many characters are shown.</summary>
    public const int RemoteCharsMax = 256;

    private const string Ellipsis = "…";

    /// <summary>Characters that are not written as they are, or only as one half of a pair.</summary>
    private static readonly SearchValues<char> Suspect = SearchValues.Create(
        [.. Enumerable.Range(char.MinValue, char.MaxValue + 1).Select(code => (char)code).Where(IsSuspect)]);

    /// <summary>At most so many characters from its beginning, and a sign that there were more.</summary>
    public static string Cut(string text, int charsMax = RemoteCharsMax)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= charsMax)
        {
            return text;
        }

        var end = char.IsHighSurrogate(text[charsMax - 1]) ? charsMax - 1 : charsMax;
        return string.Concat(text.AsSpan(0, end), Ellipsis);
    }

    /// <summary>
    /// Writes controls (C0, C1, DEL), separators of lines and paragraphs, and invisible characters of format as escapes:
    /// <c>\n</c>, <c>\u001B</c>, <c>\u202E</c>.
    /// </summary>
    internal static void WriteEscaped(TextWriter output, ReadOnlySpan<char> text)
    {
        while (text.IndexOfAny(Suspect) is >= 0 and var at)
        {
            output.Write(text[..at]);
            var status = Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            if (status != OperationStatus.Done)
            {
                Escape(output, text[at]);
            }
            else if (IsHarmful(Rune.GetUnicodeCategory(rune)))
            {
                Escape(output, rune.Value);
            }
            else
            {
                output.Write(text.Slice(at, length));
            }

            text = text[(at + length)..];
        }

        output.Write(text);
    }

    private static bool IsSuspect(char character) =>
        char.IsSurrogate(character) || IsHarmful(char.GetUnicodeCategory(character));

    private static bool IsHarmful(UnicodeCategory category) => category
        is UnicodeCategory.Control
        or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator;

    private static void Escape(TextWriter output, int code)
    {
        var escape = code switch
        {
            '\n' => @"\n",
            '\r' => @"\r",
            '\t' => @"\t",
            > char.MaxValue => string.Create(CultureInfo.InvariantCulture, $@"\U{code:X8}"),
            _ => string.Create(CultureInfo.InvariantCulture, $@"\u{code:X4}"),
        };
        output.Write(escape);
    }
}
