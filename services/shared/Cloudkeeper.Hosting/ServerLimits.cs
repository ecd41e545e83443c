using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Hosting;

/// <summary>Everything that a client may use up has a bound.</summary>
internal static class ServerLimits
{
    public const int HeaderBytes = 32 * 1024;
    public const int HeaderCount = 100;
    public static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(130);

    /// <summary>A body comes at least so fast on the whole once it has had the time of grace, or its request is refused.</summary>
    public static readonly MinDataRate BodyRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));

    /// <summary>
    /// An answer is taken at least so fast, or its connection is cut off: it keeps memory for as long. A value of 1 MiB may
    /// take four minutes. Streams of events have bounds of their own.
    /// </summary>
    public static readonly MinDataRate AnswerRate = new(bytesPerSecond: 4096, gracePeriod: TimeSpan.FromSeconds(5));

    public static void Apply(KestrelServerOptions kestrel, HostingOptions hosting)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = HeaderCount;
        kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
        kestrel.Limits.MinRequestBodyDataRate = BodyRate;
        kestrel.Limits.MinResponseDataRate = AnswerRate;
        kestrel.Limits.MaxRequestBodySize = hosting.MaxRequestBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = hosting.MaxConnections;
        kestrel.Limits.Http2.MaxStreamsPerConnection = hosting.MaxStreamsPerConnection;
    }
}
