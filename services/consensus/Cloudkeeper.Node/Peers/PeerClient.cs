using Cloudkeeper.Hosting;

namespace Cloudkeeper.Node.Peers;

/// <summary>The connections to the other members.</summary>
internal sealed class PeerClient : IDisposable
{
    public HttpClient Client { get; } = Http2Client.Create();

    public void Dispose() => Client.Dispose();
}
