using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>
/// Stands in front of nodes, which know each other by its addresses only, and cuts one of them off: nothing gets
/// through to it or from it, while every connection stays open, as with a cable that is pulled.
/// </summary>
public sealed class FaultyNetwork : IAsyncDisposable
{
    private const int BufferBytes = 16 << 10;

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentBag<TcpListener> _listeners = [];
    private readonly ConcurrentDictionary<Connection, bool> _connections = [];
    private readonly Lock _gate = new();
    private ServerProcess? _isolated;
    private TaskCompletionSource _healed = new();

    /// <summary>An address that leads to where a node listens.</summary>
    public Uri Advertise(Uri node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _listeners.Add(listener);
        _ = AcceptAsync(listener, node);
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
    }

    public void Isolate(ServerProcess node)
    {
        lock (_gate)
        {
            _isolated = node;
            _healed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            foreach (var connection in _connections.Keys)
            {
                connection.IsHeld = Concerns(connection, node);
            }
        }
    }

    /// <summary>What was sent meanwhile arrives.</summary>
    public void Heal()
    {
        lock (_gate)
        {
            _isolated = null;
            foreach (var connection in _connections.Keys)
            {
                connection.IsHeld = false;
            }

            _healed.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var listener in _listeners)
        {
            listener.Dispose();
        }

        foreach (var connection in _connections.Keys)
        {
            connection.Dispose();
        }

        _stopping.Dispose();
    }

    private static bool Concerns(Connection connection, ServerProcess node) =>
        connection.Target == node.Address || Sockets.IsOwnedBy(node.Id, connection.ClientPort);

    private async Task AcceptAsync(TcpListener listener, Uri target)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(_stopping.Token);
                var connection = new Connection(client, target);
                lock (_gate)
                {
                    connection.IsHeld = _isolated is { } isolated && Concerns(connection, isolated);
                    _connections[connection] = true;
                }

                _ = ForwardAsync(connection);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ForwardAsync(Connection connection)
    {
        try
        {
            await PassAsync(connection);
            await connection.Server.ConnectAsync(IPAddress.Loopback, connection.Target.Port, _stopping.Token);
            await Task.WhenAny(
                PumpAsync(connection, connection.Client.GetStream(), connection.Server.GetStream()),
                PumpAsync(connection, connection.Server.GetStream(), connection.Client.GetStream()));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // One side is gone: the other sees it by the end of its connection.
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
        }
    }

    private async Task PumpAsync(Connection connection, NetworkStream from, NetworkStream to)
    {
        try
        {
            var buffer = new byte[BufferBytes];
            while (await from.ReadAsync(buffer, _stopping.Token) is var count and > 0)
            {
                await PassAsync(connection);
                await to.WriteAsync(buffer.AsMemory(0, count), _stopping.Token);
            }

            // An end does not get through either.
            await PassAsync(connection);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // As above.
        }
    }

    private async Task PassAsync(Connection connection)
    {
        while (connection.IsHeld)
        {
            await _healed.Task.WaitAsync(_stopping.Token);
        }
    }

    private sealed class Connection(TcpClient client, Uri target) : IDisposable
    {
        public TcpClient Client => client;

        public TcpClient Server { get; } = new(AddressFamily.InterNetwork);

        public Uri Target => target;

        public int ClientPort { get; } = ((IPEndPoint)client.Client.RemoteEndPoint!).Port;

        public volatile bool IsHeld;

        public void Dispose()
        {
            client.Dispose();
            Server.Dispose();
        }
    }

    /// <summary>Which process a connection comes from, by the kernel's own tables.</summary>
    private static class Sockets
    {
        private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

        private const int LocalAddress = 1;
        private const int Inode = 9;

        public static bool IsOwnedBy(int processId, int localPort)
        {
            var suffix = ":" + localPort.ToString("X4", CultureInfo.InvariantCulture);
            var sockets = Tables.SelectMany(File.ReadLines)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length > Inode && fields[LocalAddress].EndsWith(suffix, StringComparison.Ordinal))
                .Select(fields => $"socket:[{fields[Inode]}]").ToHashSet(StringComparer.Ordinal);
            return Directory.EnumerateFileSystemEntries($"/proc/{processId}/fd")
                .Any(descriptor => new FileInfo(descriptor).LinkTarget is { } link && sockets.Contains(link));
        }
    }
}
