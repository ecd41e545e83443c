using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// The secret of a cluster, known only to its processes: 32 random bytes. Calls between them carry it, and keys for
/// other purposes are derived from it. It is never printed.
/// </summary>
public sealed class ClusterKey
{
    public const int Length = 32;

    /// <summary>The scheme of the header <c>Authorization</c> (RFC 9110, 11.4); its credentials are the key in base64.</summary>
    public const string Scheme = "Cloudkeeper";

    private readonly byte[] _bytes;
    private readonly string _credentials;

    private ClusterKey(byte[] bytes)
    {
        _bytes = bytes;
        _credentials = Convert.ToBase64String(bytes);
        Authorization = $"{Scheme} {_credentials}";
    }

    /// <summary>The value of the header that shows the key to another process of the cluster.</summary>
    internal string Authorization { get; }

    /// <summary>A new random key.</summary>
    public static ClusterKey Draw() => new(RandomNumberGenerator.GetBytes(Length));

    /// <summary>Base64 of exactly 32 bytes, with white space around it at most; null for anything else.</summary>
    public static ClusterKey? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bytes = new byte[Length];
        return Convert.TryFromBase64String(text.Trim(), bytes, out var length) && length == Length ? new ClusterKey(bytes) : null;
    }

    /// <summary>
    /// A key for one purpose by HKDF-SHA256 (RFC 5869): it reveals nothing of this key, nor of those for other
    /// purposes.
    /// </summary>
    /// <param name="purpose">
    /// Distinct for each use; it may end with the derived key's scope, such as a cluster id.
    /// </param>
    /// <param name="length">In bytes. 1 to 8,160.</param>
    public byte[] Derive(string purpose, int length)
    {
        ArgumentException.ThrowIfNullOrEmpty(purpose);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, _bytes, length, info: Encoding.UTF8.GetBytes(purpose));
    }

    /// <summary>
    /// Whether a header shows this key. The time that this takes does not reveal how much of it is right.
    /// </summary>
    public bool IsShownBy(string? authorization)
    {
        if (authorization?.Length != Authorization.Length
            || authorization[Scheme.Length] != ' '
            || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var shown = authorization.AsSpan(Scheme.Length + 1);
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(shown), MemoryMarshal.AsBytes(_credentials.AsSpan()));
    }

    /// <summary>Base64, for the file that keeps it or the environment of a child; never for a log or a command line.</summary>
    public string Reveal() => _credentials;

    public override string ToString() => "***";
}
