using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Hosting;

/// <summary>Every resource that a client may use up has a bound.</summary>
internal static class ServerLimits
{
    public const int HeaderBytes = 32 * 1024;
    public const int HeaderCount = 100;
    public static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(130);

    /// <summary>A body comes at least so fast on the whole once it has had the time of grace, or its request is refused.</summary>
    public static readonly MinDataRate BodyRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>
    /// A connection on which nothing at all could be sent for so long, though something waits, is cut off. Answers have a
    /// pace of their own (<see cref="Memory.AnswerPace"/>): a rate here would end an HTTP/2 connection, which many clients
    /// share, for one of its streams. As every byte starts the time anew, the rate means nothing.
    /// </summary>
    public static readonly MinDataRate StalledConnection =
        new(bytesPerSecond: 1e12, gracePeriod: TimeSpan.FromMinutes(5));

    public static void Apply(KestrelServerOptions kestrel, HostingOptions hosting)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = HeaderCount;
        kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
        kestrel.Limits.MinRequestBodyDataRate = BodyRate;
        kestrel.Limits.MinResponseDataRate = StalledConnection;
        kestrel.Limits.MaxRequestBodySize = hosting.MaxRequestBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = hosting.MaxConnections;
        kestrel.Limits.Http2.MaxStreamsPerConnection = hosting.MaxStreamsPerConnection;
    }
}
