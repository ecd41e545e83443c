using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Cloudkeeper.Hosting.Security;

/// <summary>
/// How a process proves that it knows the cluster key, at an address that another party has named, before the key is
/// shown to it: it answers a challenge. The answer holds for its own address only, so that a stranger cannot relay it.
/// </summary>
/// <remarks>Without this a stranger could have a node added at an own address, and would be shown the key there.</remarks>
public static class KeyProof
{
    /// <summary>Of a request that does not show the key: <see cref="ChallengeChars"/> random characters.</summary>
    public const string ChallengeHeader = "Cloudkeeper-Challenge";

    /// <summary>Of the answer to it: a node's 401, a gateway's <c>/readyz</c>.</summary>
    public const string ProofHeader = "Cloudkeeper-Proof";

    /// <summary>Of a gateway's answer: where the proxy reaches it by its own account, for which the proof holds.</summary>
    public const string AddressHeader = "Cloudkeeper-Address";

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

    /// <summary>Answers the challenge of a request, if it has one.</summary>
    /// <returns>Whether it has one.</returns>
    internal static bool Answer(HttpContext context, ClusterKey key, string address)
    {
        if (context.Request.Headers[ChallengeHeader] is not [{ Length: ChallengeChars } challenge])
        {
            return false;
        }

        context.Response.Headers[ProofHeader] = Of(key, challenge, address);
        return true;
    }
}
