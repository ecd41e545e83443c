using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Cloudkeeper.Hosting;

/// <summary>
/// Closes connections of an address that has as many as it may have, before anything is read from them. An address is a
/// client only where clients come directly: behind a proxy all of them have its address.
/// </summary>
/// <param name="sparesLoopback">Clients on this machine have no limit.</param>
internal sealed class AddressLimit(long connectionsMax, bool sparesLoopback)
{
    /// <summary>Of an IPv6 address: a client gets at least a network of so many bytes.</summary>
    private const int NetworkBytes = 8;

    private readonly ConcurrentDictionary<IPAddress, long> _open = new();

    public ConnectionDelegate Wrap(ConnectionDelegate next) => connection => ServeAsync(connection, next);

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var remote }
            || (sparesLoopback && IPAddress.IsLoopback(remote)))
        {
            await next(connection);
            return;
        }

        var address = ClientOf(remote);
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

    private static IPAddress ClientOf(IPAddress remote)
    {
        if (remote.IsIPv4MappedToIPv6)
        {
            return remote.MapToIPv4();
        }

        Span<byte> bytes = stackalloc byte[16];
        if (!remote.TryWriteBytes(bytes, out var length) || length <= NetworkBytes)
        {
            return remote;
        }

        bytes[NetworkBytes..].Clear();
        return new IPAddress(bytes);
    }

    private void Leave(IPAddress address)
    {
        // The last one takes the entry along, unless another came in between.
        if (_open.AddOrUpdate(address, 0, static (_, open) => open - 1) == 0)
        {
            _open.TryRemove(KeyValuePair.Create(address, 0L));
        }
    }
}
