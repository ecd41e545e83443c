using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cloudkeeper.Gateway.Serving;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>
/// A request's meaning in 128 bits: the same idempotency key with another fingerprint is refused. Every part that
/// decides the outcome goes in, each behind its length.
/// </summary>
internal static class Fingerprint
{
    public static UInt128 Of(HttpRequest request, ReadOnlySpan<byte> body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, request.Method);
        Append(hash, request.Path.Value);
        Append(hash, request.QueryString.Value);
        Append(hash, request.ContentType);
        Append(hash, request.Headers.IfMatch);
        Append(hash, request.Headers.IfNoneMatch);
        Append(hash, request.Headers[ResponseHeaders.Fence]);
        Append(hash, body);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    private static void Append(IncrementalHash hash, string? text) => Append(hash, Encoding.UTF8.GetBytes(text ?? ""));

    private static void Append(IncrementalHash hash, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
