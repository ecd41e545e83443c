using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Cloudkeeper.Hosting;

/// <summary>Everything that a client may use up has a bound.</summary>
internal static class ServerLimits
{
    public const int HeaderBytes = 32 * 1024;
    public const int HeaderCount = 100;
    public static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan KeepAliveTimeout = TimeSpan.FromSeconds(130);

    public static void Apply(KestrelServerOptions kestrel, HostingOptions hosting)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestHeadersTotalSize = HeaderBytes;
        kestrel.Limits.MaxRequestHeaderCount = HeaderCount;
        kestrel.Limits.RequestHeadersTimeout = HeaderTimeout;
        kestrel.Limits.KeepAliveTimeout = KeepAliveTimeout;
        kestrel.Limits.MaxRequestBodySize = hosting.MaxRequestBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = hosting.MaxConnections;
        kestrel.Limits.Http2.MaxStreamsPerConnection = hosting.MaxStreamsPerConnection;
    }
}
