using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudkeeper.LoadGenerator.Processes;

namespace Cloudkeeper.LoadGenerator.ZooKeeper;

/// <summary>
/// Three members of Debian's zookeeper on loopback, with its own defaults: every write is forced to disk by a majority
/// before it is acknowledged. Everything lives in a temporary folder and ends with this object.
/// </summary>
internal sealed class ZooKeeperEnsemble : IDisposable
{
    private const int Members = 3;
    private const string Jar = "/usr/share/java/zookeeper.jar";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("zookeeper-").FullName;
    private readonly List<ChildProcess> _members = [];

    private ZooKeeperEnsemble(int[] ports) => ClientPorts = ports[..Members];

    public IReadOnlyList<int> ClientPorts { get; }

    public IReadOnlyList<ObservedProcess> Processes =>
        [.. _members.Select((member, i) => new ObservedProcess($"zk{i + 1}", member.Id))];

    public static async Task<ZooKeeperEnsemble> StartAsync(CancellationToken stopping)
    {
        if (!File.Exists(Jar))
        {
            throw new LoadException($"{Jar} is not there: install the package zookeeper (apt-get install zookeeper).");
        }

        var ports = LoopbackPorts.Take(3 * Members);
        var ensemble = new ZooKeeperEnsemble(ports);
        try
        {
            for (var i = 0; i < Members; i++)
            {
                ensemble._members.Add(ensemble.StartMember(i, ports));
            }

            await ensemble.WaitUntilServingAsync(stopping);
            return ensemble;
        }
        catch
        {
            ensemble.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _members.ForEach(m => m.Dispose());
        Directory.Delete(_folder, recursive: true);
    }

    private ChildProcess StartMember(int index, int[] ports)
    {
        var data = Directory.CreateDirectory(Path.Combine(_folder, $"{index + 1}")).FullName;
        File.WriteAllText(Path.Combine(data, "myid"), $"{index + 1}");
        var configuration = Path.Combine(data, "zoo.cfg");
        File.WriteAllText(configuration, Configuration(data, index, ports));
        return ChildProcess.Start(
            "java",
            [
                "-Xmx1000m",
                "-Dzookeeper.admin.enableServer=false",
                "-cp", $"/etc/zookeeper/conf:{Jar}",
                "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                configuration,
            ],
            Path.Combine(data, "log"));
    }

    /// <summary>The values of the package's own zoo.cfg; only the limit of connections from one address is lifted.</summary>
    private static string Configuration(string data, int index, int[] ports)
    {
        var text = new StringBuilder($"""
            tickTime=2000
            initLimit=10
            syncLimit=5
            dataDir={data}
            clientPort={ports[index]}
            clientPortAddress=127.0.0.1
            maxClientCnxns=0

            """);
        for (var i = 0; i < Members; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"server.{i + 1}=127.0.0.1:{ports[Members + i]}:{ports[(2 * Members) + i]}\n");
        }

        return text.ToString();
    }

    /// <summary>The port opens before there is a leader, so each member is asked for its leader.</summary>
    private async Task WaitUntilServingAsync(CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var port in ClientPorts)
        {
            while (!await IsServingAsync(port, stopping))
            {
                if (Stopwatch.GetElapsedTime(started) > StartLimit)
                {
                    throw new LoadException($"ZooKeeper did not come up within {StartLimit.TotalSeconds} s.");
                }

                await Task.Delay(200, stopping);
            }
        }
    }

    private static async Task<bool> IsServingAsync(int port, CancellationToken stopping)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, stopping);
            await socket.SendAsync("srvr"u8.ToArray(), stopping);
            await using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream);
            return (await reader.ReadToEndAsync(stopping)).Contains("Mode: ", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
