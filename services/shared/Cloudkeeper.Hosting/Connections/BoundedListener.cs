using System.Net;
using Cloudkeeper.Hosting.Machine;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Cloudkeeper.Hosting.Connections;

/// <summary>
/// Closes what it accepts when too few descriptors are left, before it accepts more: no flood of clients gets ahead of it.
/// Without a descriptor the web server would try again and again to accept, and nothing else would get its thread.
/// </summary>
internal sealed class BoundedListener(IConnectionListener listener, Descriptors descriptors, Action refused) : IConnectionListener
{
    public EndPoint EndPoint => listener.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await listener.AcceptAsync(cancellationToken) is { } connection)
        {
            if (connection.Features.Get<IConnectionSocketFeature>() is not { Socket: var socket } || descriptors.MayAccept(socket))
            {
                return connection;
            }

            refused();
            connection.Abort(new ConnectionAbortedException("Too few descriptors are left."));
            await connection.DisposeAsync();
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => listener.UnbindAsync(cancellationToken);

    public ValueTask DisposeAsync() => listener.DisposeAsync();
}
