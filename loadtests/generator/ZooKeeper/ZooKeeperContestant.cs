using System.Net;
using Cloudkeeper.LoadGenerator.Engine;
using Cloudkeeper.LoadGenerator.Processes;

namespace Cloudkeeper.LoadGenerator.ZooKeeper;

/// <summary>A running ensemble; the connections are spread over its members, as its clients would be.</summary>
internal sealed class ZooKeeperContestant(ZooKeeperEnsemble ensemble, LoadOptions options) : IContestant
{
    public string Name => "zookeeper";

    public IReadOnlyList<ObservedProcess> Processes => ensemble.Processes;

    public EndPoint ServerOf(int connection) =>
        new IPEndPoint(IPAddress.Loopback, ensemble.ClientPorts[connection % ensemble.ClientPorts.Count]);

    public IExchange CreateExchange(Operation operation, int connection) =>
        ZooKeeperExchange.Create(operation, options.ValueSize, options.Keys, connection);

    public IExchange CreateFill(int share, int shares) =>
        ZooKeeperExchange.CreateFill(share, shares, options.ValueSize, options.Keys);
}
