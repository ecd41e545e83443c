using System.Net;
using System.Net.Sockets;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Machine;

/// <summary>
/// Processes that may have few descriptors, and more clients than that (F-10); and no watches of files (F-09).
/// </summary>
public sealed class DescriptorTests : ClusterTest
{
    private const int Descriptors = 1024;
    private const int Clients = 1300;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task With_more_clients_than_descriptors_those_that_are_served_go_on_and_the_others_come_in_afterwards()
    {
        ServerProcess[] servers = [Cluster.Nodes[0], Cluster.Gateways[0], Cluster.Proxy];
        using var client = new ApiClient(Cluster.Proxy.Address);
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/a", "before")).Status);
        var floods = new List<Flood>();
        try
        {
            foreach (var server in servers)
            {
                floods.Add(await Flood.OpenAsync(server.Address, Clients, Stopping));
            }

            foreach (var (server, flood) in servers.Zip(floods))
            {
                // What has been accepted and is too much is closed; the others are kept.
                await Eventually.TrueAsync(() => Task.FromResult(flood.Closed >= Clients - Descriptors), Limit, "some are refused");
                Report($"{server.Name}: {flood.Closed} of {Clients} refused, {OpenIn(server)} descriptors in use");
                Assert.InRange(flood.Closed, Clients - Descriptors, Clients - 100);
                Assert.InRange(OpenIn(server), 0, Descriptors - 1);
            }

            // Through all three, over connections that there were: with files to open, and code that has not run before.
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal(200, (await client.PutAsync("/v1/nodes/a", $"during {i}")).Status);
            }

            var session = await client.PostJsonAsync("/v1/sessions", new { ttl = "20s" });
            Assert.Equal(201, session.Status);
            Assert.Equal(200, (await client.GetAsync("/v1/cluster")).Status);
            Assert.Equal(200, (await client.GetAsync("/metrics")).Status);
        }
        finally
        {
            floods.ForEach(flood => flood.Dispose());
        }

        foreach (var server in servers)
        {
            Assert.True(server.IsRunning);
            using var late = new ApiClient(server.Address);
            await Eventually.TrueAsync(
                async () => (await late.TryGetAsync("/readyz"))?.Status == 200, Limit, $"{server.Name} takes new connections");
        }

        Assert.Equal("during 49", (await client.GetAsync("/v1/nodes/a")).Text);
    }

    [Fact]
    public void No_process_watches_files()
    {
        foreach (var server in (ServerProcess[])[Cluster.Nodes[0], Cluster.Gateways[0], Cluster.Proxy])
        {
            var open = Directory.EnumerateFiles($"/proc/{server.Id}/fd")
                .Select(link => new FileInfo(link).LinkTarget).OfType<string>().ToList();
            Assert.Contains(open, target => target.StartsWith("socket:", StringComparison.Ordinal));
            Assert.DoesNotContain(open, target => target.Contains("inotify", StringComparison.Ordinal));
        }
    }

    protected override Task<LocalCluster> StartAsync() =>
        LocalCluster.StartAsync(nodes: 1, gateways: 1, descriptors: Descriptors);

    private static int OpenIn(ServerProcess server) => Directory.EnumerateFiles($"/proc/{server.Id}/fd").Count();

    /// <summary>Silent clients.</summary>
    private sealed class Flood : IDisposable
    {
        private readonly List<Socket> _sockets = [];
        private readonly byte[] _nothing = new byte[1];
        private int _refused;

        /// <summary>Those that have been closed, by now.</summary>
        public int Closed
        {
            get
            {
                var closed = _sockets.FindAll(IsClosed);
                closed.ForEach(socket => socket.Dispose());
                _refused += closed.Count;
                _sockets.RemoveAll(closed.Contains);
                return _refused;
            }
        }

        public static async Task<Flood> OpenAsync(Uri address, int count, CancellationToken stopping)
        {
            var flood = new Flood();
            for (var i = 0; i < count; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = true };
                try
                {
                    await socket.ConnectAsync(IPAddress.Parse(address.Host), address.Port, stopping);
                    flood._sockets.Add(socket);
                }
                catch (SocketException)
                {
                    // Closed before the server knew that it is open.
                    socket.Dispose();
                    flood._refused++;
                }
            }

            return flood;
        }

        public void Dispose() => _sockets.ForEach(socket => socket.Dispose());

        private bool IsClosed(Socket socket)
        {
            if (!socket.Poll(0, SelectMode.SelectRead))
            {
                return false;
            }

            socket.Receive(_nothing, SocketFlags.None, out var error);
            return error != SocketError.WouldBlock;
        }
    }
}
