using System.Globalization;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Nodes;

/// <summary>An answer, and its freshness as far as it is known.</summary>
/// <param name="Revision">At which it was read.</param>
/// <param name="Consistency">Of the answer, which can be stronger than that of the request.</param>
/// <param name="Staleness">
/// It is at most this old. Null: all that was acknowledged is in it, or nothing is proved.
/// </param>
internal readonly record struct ServedRead(
    ReadResult Result, Revision Revision, ReadSource Source, Consistency Consistency, TimeSpan? Staleness = null)
{
    /// <summary>Sets the headers that tell the source and the freshness.</summary>
    public void Describe(HttpContext context)
    {
        var headers = context.Response.Headers;
        context.Response.SetRevision(Revision);
        headers[ResponseHeaders.Cache] = NameOf(Source);
        headers[ResponseHeaders.Consistency] = NameOf(Consistency);
        if (Staleness is { } staleness)
        {
            var milliseconds = (long)Math.Ceiling(staleness.TotalMilliseconds);
            headers[ResponseHeaders.Staleness] = milliseconds.ToString(CultureInfo.InvariantCulture);
        }
    }

    public static string NameOf(ReadSource source) => source switch
    {
        ReadSource.Local => "local",
        ReadSource.Redis => "redis",
        ReadSource.Miss => "miss",
        _ => "bypass",
    };

    private static string NameOf(Consistency consistency) => consistency switch
    {
        Consistency.Linearizable => "linearizable",
        Consistency.Session => "session",
        Consistency.Bounded => "bounded",
        _ => "stale",
    };
}

internal enum ReadSource
{
    /// <summary>This gateway's memory.</summary>
    Local,

    /// <summary>The memory that the gateways share.</summary>
    Redis,

    /// <summary>A node, because it was in neither, or not provably new enough.</summary>
    Miss,

    /// <summary>A node, because such answers are not kept.</summary>
    Bypass,
}
