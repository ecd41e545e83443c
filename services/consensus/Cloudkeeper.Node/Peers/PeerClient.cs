using Cloudkeeper.Hosting;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// The connections to the other members. Answers are taken as long as <see cref="BoundedAnswer.JsonBytesMax"/> and no
/// longer: at an address that a client has named there may be any process.
/// </summary>
internal sealed class PeerClient(ClusterAccess access) : IDisposable
{
    public HttpClient Client { get; } = Http2Client.Create(cluster: access);

    /// <summary>For addresses that may be a stranger's: shows no key.</summary>
    public HttpClient Strangers { get; } = Http2Client.Create();

    public void Dispose()
    {
        Client.Dispose();
        Strangers.Dispose();
    }
}
