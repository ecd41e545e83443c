using System.Net;
using Cloudkeeper.Hosting.Machine;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Cloudkeeper.Hosting.Connections;

/// <summary>The web server's sockets, of which clients get as many as there are descriptors for.</summary>
internal sealed partial class BoundedTransport(
    SocketTransportFactory sockets, Descriptors descriptors, TimeProvider time, ILogger<BoundedTransport> logger)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly RareNotice _refused = new(time);

    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new BoundedListener(await sockets.BindAsync(endpoint, cancellationToken), descriptors, SayThatSomeAreRefused);

    private void SayThatSomeAreRefused()
    {
        if (_refused.IsDue())
        {
            LogRefused(logger, descriptors.Limit, descriptors.AcceptBound);
        }
    }

    [LoggerMessage(LogLevel.Warning,
        "New connections are closed at once: of the {Limit} descriptors that this process may have (ulimit -n), {Bound} are in "
        + "use, and the others are kept for files and for connections to the rest of the cluster")]
    private static partial void LogRefused(ILogger logger, long limit, long bound);
}
