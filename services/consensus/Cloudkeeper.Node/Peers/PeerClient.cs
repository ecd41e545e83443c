using Cloudkeeper.Hosting;

namespace Cloudkeeper.Node.Peers;

/// <summary>
/// The connections to the other members. Answers are taken as long as <see cref="BoundedAnswer.JsonBytesMax"/> and no longer:
/// at an address that somebody has named there may be anybody.
/// </summary>
internal sealed class PeerClient : IDisposable
{
    public HttpClient Client { get; } = Http2Client.Create();

    public void Dispose() => Client.Dispose();
}
