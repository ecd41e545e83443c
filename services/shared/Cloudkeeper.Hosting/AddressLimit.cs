using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Cloudkeeper.Hosting;

/// <summary>
/// Closes connections of an address that has as many as it may have, before anything is read from them. An address is a
/// client only where clients come directly: behind a proxy all of them have its address.
/// </summary>
internal sealed class AddressLimit(int connectionsMax)
{
    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    public ConnectionDelegate Wrap(ConnectionDelegate next) => connection => ServeAsync(connection, next);

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address })
        {
            await next(connection);
            return;
        }

        try
        {
            if (_open.AddOrUpdate(address, 1, static (_, open) => open + 1) > connectionsMax)
            {
                connection.Abort(new ConnectionAbortedException($"{address} has {connectionsMax} connections already."));
                return;
            }

            await next(connection);
        }
        finally
        {
            Leave(address);
        }
    }

    private void Leave(IPAddress address)
    {
        // The last one takes the entry along, unless another came in between.
        if (_open.AddOrUpdate(address, 0, static (_, open) => open - 1) == 0)
        {
            _open.TryRemove(KeyValuePair.Create(address, 0));
        }
    }
}
