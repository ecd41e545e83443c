using Cloudkeeper.Gateway.Errors;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>
/// Headers that mark a body as something else than its bytes. A value is stored as it comes: a part, or another form of
/// it, must not be taken for the whole.
/// </summary>
internal static class BodyHeaders
{
    /// <exception cref="ProblemException"><c>expectation-failed</c>: RFC 9110, 10.1.1.</exception>
    public static void CheckExpectation(HttpRequest request)
    {
        foreach (var line in request.Headers.Expect)
        {
            foreach (var expectation in (line ?? "").Split(',', StringSplitOptions.TrimEntries))
            {
                if (!expectation.Equals("100-continue", StringComparison.OrdinalIgnoreCase))
                {
                    throw new ProblemException(ErrorKinds.ExpectationFailed);
                }
            }
        }
    }

    /// <summary>Of a request that may have a body.</summary>
    /// <exception cref="ProblemException"><c>invalid-body</c> or <c>unsupported-media-type</c>.</exception>
    public static void Check(HttpRequest request)
    {
        var headers = request.Headers;
        if (headers.ContentRange.Count > 0)
        {
            // RFC 9110, 14.5: a server that does not know partial PUTs must not take the part for the whole.
            throw new ProblemException(ErrorKinds.InvalidBody, "Content-Range: send the whole, not a part of it.");
        }

        if (headers.ContentEncoding.Count > 0 && !IsIdentity(headers.ContentEncoding.ToString()))
        {
            throw new ProblemException(ErrorKinds.UnsupportedMediaType, "Content-Encoding: send it without a coding.");
        }

        if (headers.ContentType.Count > 1)
        {
            throw new ProblemException(ErrorKinds.UnsupportedMediaType, "Content-Type is given more than once.");
        }
    }

    private static bool IsIdentity(string codings) =>
        codings.AsSpan().Trim() is var coding && (coding.IsEmpty || coding.Equals("identity", StringComparison.OrdinalIgnoreCase));
}
