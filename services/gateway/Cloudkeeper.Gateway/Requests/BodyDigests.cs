using System.Security.Cryptography;
using Cloudkeeper.Gateway.Errors;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>
/// Digests by which a client describes its body: <c>Content-Digest</c> and <c>Repr-Digest</c> (RFC 9530; one is the
/// other here, since there are no codings), <c>Digest</c> (RFC 3230) and <c>Content-MD5</c>, also behind the body. A
/// body whose digest does not match, or cannot be checked, is not stored.
/// </summary>
internal static class BodyDigests
{
    private static readonly string[] Structured = ["Content-Digest", "Repr-Digest"];

    /// <exception cref="ProblemException"><c>invalid-body</c>.</exception>
    public static void Verify(HttpRequest request, ReadOnlySpan<byte> body)
    {
        foreach (var name in Structured)
        {
            VerifyMembers(name, ValuesOf(request, name), ":", body);
        }

        VerifyMembers("Digest", ValuesOf(request, "Digest"), "", body);
        foreach (var digest in ValuesOf(request, "Content-MD5"))
        {
            Require("Content-MD5", "md5", digest.AsSpan().Trim(), body);
        }
    }

    /// <summary>Of the header, else of the trailer.</summary>
    private static StringValues ValuesOf(HttpRequest request, string name)
    {
        if (request.Headers.TryGetValue(name, out var values))
        {
            return values;
        }

        return request.SupportsTrailers() && request.CheckTrailersAvailable() ? request.GetTrailer(name) : default;
    }

    /// <param name="quote">Around each digest.</param>
    private static void VerifyMembers(string name, StringValues lines, string quote, ReadOnlySpan<byte> body)
    {
        if (lines.Count == 0)
        {
            return;
        }

        var isVerified = false;
        foreach (var member in lines.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = member.IndexOf('=', StringComparison.Ordinal);
            var digest = member.AsSpan(equals + 1);
            if (equals <= 0 || digest.Length < 2 * quote.Length
                || !digest.StartsWith(quote, StringComparison.Ordinal) || !digest.EndsWith(quote, StringComparison.Ordinal))
            {
                throw Invalid(name, "is not readable");
            }

            isVerified |= Require(name, member[..equals], digest[quote.Length..^quote.Length], body);
        }

        if (!isVerified)
        {
            throw Invalid(name, "cannot be checked: give sha-256 or sha-512");
        }
    }

    /// <returns>False: not a digest that is known here.</returns>
    private static bool Require(string name, string algorithm, ReadOnlySpan<char> text, ReadOnlySpan<byte> body)
    {
        Span<byte> computed = stackalloc byte[SHA512.HashSizeInBytes];
        var length = Compute(algorithm, body, computed);
        if (length == 0)
        {
            return false;
        }

        Span<byte> given = stackalloc byte[SHA512.HashSizeInBytes];
        return Convert.TryFromBase64Chars(text, given, out var count) && given[..count].SequenceEqual(computed[..length])
            ? true
            : throw Invalid(name, "does not fit the body");
    }

    /// <returns>Bytes of it; 0: not known.</returns>
    private static int Compute(string algorithm, ReadOnlySpan<byte> body, Span<byte> digest)
    {
        if (algorithm.Equals("sha-256", StringComparison.OrdinalIgnoreCase))
        {
            return SHA256.HashData(body, digest);
        }

        if (algorithm.Equals("sha-512", StringComparison.OrdinalIgnoreCase))
        {
            return SHA512.HashData(body, digest);
        }

#pragma warning disable CA5351 // The client has chosen it, against damage on the way and not against attackers.
        return algorithm.Equals("md5", StringComparison.OrdinalIgnoreCase) ? MD5.HashData(body, digest) : 0;
#pragma warning restore CA5351
    }

    private static ProblemException Invalid(string name, string what) => new(ErrorKinds.InvalidBody, $"{name} {what}.");
}
