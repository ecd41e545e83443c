using System.Globalization;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Gateway.Serving;

/// <summary>Headers of our own (API.md, "Conventions").</summary>
internal static class ResponseHeaders
{
    public const string Revision = "Cloudkeeper-Revision";
    public const string MinRevision = "Cloudkeeper-Min-Revision";
    public const string Version = "Cloudkeeper-Version";
    public const string Cache = "Cloudkeeper-Cache";
    public const string Consistency = "Cloudkeeper-Consistency";
    public const string Staleness = "Cloudkeeper-Staleness-Ms";
    public const string Fence = "Cloudkeeper-Fence";
    public const string IdempotencyKey = "Idempotency-Key";
    public const string Replayed = "Idempotent-Replayed";

    /// <summary>
    /// Nothing may be kept: neither state that changes without the client's doing, nor answers for one client.
    /// </summary>
    public const string NoStore = "no-store";

    /// <summary>May be kept, but is not to be used without asking whether it still holds.</summary>
    private const string NoCache = "no-cache";

    /// <summary>
    /// Of a read of a node: any cache asks before each use, and the answer depends on how new the client wants it.
    /// </summary>
    public static void SetRevalidated(this HttpResponse response)
    {
        response.Headers.CacheControl = NoCache;
        response.Headers.Vary = MinRevision;
    }

    public static void SetRevision(this HttpResponse response, Revision revision) =>
        response.Headers[Revision] = revision.ToString();

    public static string EntityTag(Revision modified) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{modified.Value}\"");
}
