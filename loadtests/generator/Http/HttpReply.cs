using System.Buffers.Text;

namespace Cloudkeeper.LoadGenerator.Http;

/// <summary>
/// Finds the end of an HTTP/1.1 response and its status; everything else in it is skipped. Framing follows RFC 9112,
/// section 6: no body with 204 and 304, else chunked, else <c>Content-Length</c>. Responses that end with the
/// connection are refused, since our connections are kept.
/// </summary>
internal static class HttpReply
{
    public static bool TryRead(ReadOnlySpan<byte> received, out int status, out int consumed)
    {
        status = 0;
        consumed = 0;
        var headEnd = received.IndexOf("\r\n\r\n"u8);
        if (headEnd < 0)
        {
            return false;
        }

        status = ReadStatus(received);
        var body = received[(headEnd + 4)..];
        if (!TryReadBody(status, received[..(headEnd + 2)], body, out var bodyLength))
        {
            return false;
        }

        consumed = headEnd + 4 + bodyLength;
        return true;
    }

    private static int ReadStatus(ReadOnlySpan<byte> received)
    {
        if (!received.StartsWith("HTTP/1.1 "u8)
            || !Utf8Parser.TryParse(received.Slice(9, 3), out int status, out var digits)
            || digits != 3
            || status < 200)
        {
            throw new InvalidDataException("not a final HTTP/1.1 response");
        }

        return status;
    }

    private static bool TryReadBody(int status, ReadOnlySpan<byte> head, ReadOnlySpan<byte> body, out int length)
    {
        length = 0;
        if (status is 204 or 304)
        {
            return true;
        }

        if (FindHeader(head, "transfer-encoding: "u8) is { IsEmpty: false } encoding)
        {
            return encoding.SequenceEqual("chunked"u8)
                ? TryReadChunks(body, out length)
                : throw new InvalidDataException("an unknown transfer encoding");
        }

        if (!Utf8Parser.TryParse(FindHeader(head, "content-length: "u8), out length, out _) || length < 0)
        {
            throw new InvalidDataException("a response without a length");
        }

        return body.Length >= length;
    }

    private static bool TryReadChunks(ReadOnlySpan<byte> body, out int length)
    {
        length = 0;
        while (true)
        {
            var line = body[length..];
            var lineEnd = line.IndexOf("\r\n"u8);
            if (lineEnd < 0)
            {
                return false;
            }

            if (!Utf8Parser.TryParse(line[..lineEnd], out int size, out _, 'x') || size < 0)
            {
                throw new InvalidDataException("a malformed chunk");
            }

            var end = (long)length + lineEnd + 2 + size + 2;
            if (end > body.Length)
            {
                return false;
            }

            length = (int)end;
            if (size == 0)
            {
                return true; // Kestrel sends trailers only on request
            }
        }
    }

    /// <summary>The value of the header of that lower-case name and separator; empty if it is not there.</summary>
    public static ReadOnlySpan<byte> FindHeader(ReadOnlySpan<byte> head, ReadOnlySpan<byte> lowerName)
    {
        while (true)
        {
            var lineEnd = head.IndexOf("\r\n"u8);
            if (lineEnd < 0)
            {
                return [];
            }

            var line = head[..lineEnd];
            if (line.Length >= lowerName.Length
                && (line[0] | 0x20) == lowerName[0]
                && System.Text.Ascii.EqualsIgnoreCase(line[..lowerName.Length], lowerName))
            {
                return line[lowerName.Length..];
            }

            head = head[(lineEnd + 2)..];
        }
    }
}
