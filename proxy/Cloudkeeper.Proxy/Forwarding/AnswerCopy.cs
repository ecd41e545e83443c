using System.Collections.Frozen;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Primitives;

namespace Cloudkeeper.Proxy.Forwarding;

/// <summary>
/// Copies the headers of a gateway's answer. HTTP/2 has sent their names in lower case; clients over HTTP/1.1 get them as the
/// gateway wrote them, since not all of them compare names as they should.
/// </summary>
internal static class AnswerCopy
{
    /// <summary>Names that the HTTP client does not know by itself; with null those that belong to a connection.</summary>
    private static readonly FrozenDictionary<string, string?> Names = new[]
    {
        "Cloudkeeper-Cache",
        "Cloudkeeper-Consistency",
        "Cloudkeeper-Cost",
        "Cloudkeeper-Request",
        "Cloudkeeper-Revision",
        "Cloudkeeper-Staleness-Ms",
        "Cloudkeeper-Ticket",
        "Cloudkeeper-Version",
        "Content-Security-Policy",
        "Cross-Origin-Opener-Policy",
        "Cross-Origin-Resource-Policy",
        "Idempotent-Replayed",
        "Referrer-Policy",
        "X-Accel-Buffering",
        "X-Content-Type-Options",
    }.Select(name => KeyValuePair.Create<string, string?>(name, name)).Concat(
        new[] { "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade" }
            .Select(name => KeyValuePair.Create<string, string?>(name, null)))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static void Copy(HttpResponseMessage answer, HttpResponse response)
    {
        Copy(answer.Headers, response.Headers);
        Copy(answer.Content.Headers, response.Headers);
        if (answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified && response.ContentLength == 0)
        {
            response.ContentLength = null;
        }
    }

    private static void Copy(HttpHeaders source, IHeaderDictionary target)
    {
        foreach (var (name, values) in source.NonValidated)
        {
            if (!Names.TryGetValue(name, out var written))
            {
                target[name] = ToValues(values);
            }
            else if (written is not null)
            {
                target[written] = ToValues(values);
            }
        }
    }

    private static StringValues ToValues(HeaderStringValues values) =>
        values.Count == 1 ? values.ToString() : values.ToArray();
}
