using System.Buffers;
using System.Text;
using Cloudkeeper.Gateway.Errors;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>Decodes percent-encoding exactly once, and only well-formed UTF-8.</summary>
internal static class PercentDecoding
{
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <exception cref="ProblemException"><c>invalid-path</c>: malformed, not UTF-8, or an encoded slash.</exception>
    public static string DecodePath(ReadOnlySpan<char> encoded)
    {
        if (!encoded.ContainsAnyExceptInRange('!', '~') && !encoded.Contains('%'))
        {
            return encoded.ToString();
        }

        if (encoded.Contains("%2f", StringComparison.OrdinalIgnoreCase))
        {
            throw new ProblemException(ErrorKinds.InvalidPath, "A segment has no encoded '/'.");
        }

        return TryDecode(encoded, plusIsSpace: false)
            ?? throw new ProblemException(ErrorKinds.InvalidPath, "The path is not percent-encoded UTF-8.");
    }

    /// <summary>A name or value of a query, where a plus means a space.</summary>
    /// <returns>Null when it is malformed.</returns>
    public static string? DecodeQuery(ReadOnlySpan<char> encoded) =>
        encoded.ContainsAny('%', '+') ? TryDecode(encoded, plusIsSpace: true) : encoded.ToString();

    private static string? TryDecode(ReadOnlySpan<char> encoded, bool plusIsSpace)
    {
        // A character takes at most three bytes, an escape three characters for one byte.
        var bytes = ArrayPool<byte>.Shared.Rent(encoded.Length * 3);
        try
        {
            var count = Decode(encoded, bytes, plusIsSpace);
            return count < 0 ? null : StrictUtf8.GetString(bytes, 0, count);
        }
        catch (ArgumentException)
        {
            // The decoder's result for text that is not UTF-8.
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <returns>The count of bytes, or -1 for a broken escape.</returns>
    private static int Decode(ReadOnlySpan<char> encoded, Span<byte> bytes, bool plusIsSpace)
    {
        var count = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            var c = encoded[i];
            if (c == '%')
            {
                if (i + 2 >= encoded.Length
                    || Convert.FromHexString(encoded.Slice(i + 1, 2), bytes[count..], out _, out _)
                        != OperationStatus.Done)
                {
                    return -1;
                }

                count++;
                i += 2;
            }
            else if (c < 0x80)
            {
                bytes[count++] = plusIsSpace && c == '+' ? (byte)' ' : (byte)c;
            }
            else
            {
                var run = CountNonAscii(encoded[i..]);
                count += StrictUtf8.GetBytes(encoded.Slice(i, run), bytes[count..]);
                i += run - 1;
            }
        }

        return count;
    }

    private static int CountNonAscii(ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyInRange('\0', '\x7f');
        return end < 0 ? text.Length : end;
    }
}
