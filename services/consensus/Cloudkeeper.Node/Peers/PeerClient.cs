using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// The connections to the other members. Answers are taken as long as <see cref="BoundedAnswer.JsonBytesMax"/> and no longer:
/// at an address that somebody has named there may be anybody.
/// </summary>
internal sealed class PeerClient(ClusterAccess access) : IDisposable
{
    public HttpClient Client { get; } = Http2Client.Create(cluster: access);

    /// <summary>For addresses that may be anybody's: shows no key.</summary>
    public HttpClient Strangers { get; } = Http2Client.Create();

    public void Dispose()
    {
        Client.Dispose();
        Strangers.Dispose();
    }
}
