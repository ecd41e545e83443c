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

    public static void SetRevision(this HttpResponse response, Revision revision) =>
        response.Headers[Revision] = revision.ToString();

    public static string EntityTag(Revision modified) =>
        string.Create(CultureInfo.InvariantCulture, $"\"{modified.Value}\"");
}
