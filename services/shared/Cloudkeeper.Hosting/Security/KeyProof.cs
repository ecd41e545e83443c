using System.Security.Cryptography;
using System.Text;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// How a process shows at an address that somebody else has named that it knows the cluster key, before the key is shown to
/// it: it answers a challenge. The answer holds for its own address only, so that nobody can have it given by another.
/// </summary>
/// <remarks>Without this a stranger could have a node added at an own address, and would be shown the key there.</remarks>
public static class KeyProof
{
    /// <summary>Of a request without the key: <see cref="ChallengeChars"/> random characters.</summary>
    public const string ChallengeHeader = "Cloudkeeper-Challenge";

    /// <summary>Of the 401 that answers it.</summary>
    public const string ProofHeader = "Cloudkeeper-Proof";

    public const int ChallengeChars = 32;

    private const string Purpose = "cloudkeeper proof";
    private const int KeyBytes = 32;

    public static string NewChallenge() => RandomNumberGenerator.GetHexString(ChallengeChars, lowercase: true);

    /// <param name="key">Of the cluster.</param>
    /// <param name="challenge">As it was sent.</param>
    /// <param name="address">Where the others reach the process that proves itself.</param>
    public static string Of(ClusterKey key, string challenge, string address)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Convert.ToBase64String(
            HMACSHA256.HashData(key.Derive(Purpose, KeyBytes), Encoding.UTF8.GetBytes($"{challenge} {address}")));
    }

    /// <summary>Whether it is the right answer.</summary>
    public static bool IsRight(string? proof, ClusterKey key, string challenge, string address) =>
        proof is not null && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(proof), Encoding.UTF8.GetBytes(Of(key, challenge, address)));
}
