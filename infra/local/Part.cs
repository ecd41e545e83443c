namespace Cloudkeeper.Local;

/// <summary>One process of the cluster, as it is to be started.</summary>
/// <param name="Name">For logs and messages, for instance <c>node1</c>.</param>
/// <param name="Project">The project that it is built from.</param>
/// <param name="Address">Where it listens.</param>
/// <param name="Arguments">Its settings.</param>
internal sealed record Part(string Name, string Project, Uri Address, IReadOnlyList<string> Arguments);

/// <summary>All processes, in the order in which they are started; they are stopped the other way round.</summary>
internal sealed record Topology(IReadOnlyList<Part> Nodes, IReadOnlyList<Part> Gateways, Part Proxy)
{
    public IEnumerable<Part> All => [.. Nodes, .. Gateways, Proxy];

    public static Topology Of(LocalOptions options)
    {
        var nodes = Enumerable.Range(1, options.Nodes).ToDictionary(id => id, id => Loopback(options.NodePort(id)));
        var gateways = Enumerable.Range(1, options.Gateways).ToDictionary(id => id, id => Loopback(options.GatewayPort(id)));
        var nodeList = string.Join(',', nodes.Values.Select(Text));
        var gatewayList = string.Join(',', gateways.Values.Select(Text));
        var members = string.Join(',', nodes.Select(node => $"{node.Key}={Text(node.Value)}"));
        return new Topology(
            [.. nodes.Select(node => new Part($"node{node.Key}", "Cloudkeeper.Node", node.Value,
            [
                $"--Node:Id={node.Key}",
                $"--Node:DataDirectory={Path.Combine(options.Data, $"node{node.Key}")}",
                $"--Node:Members={members}",
            ]))],
            [.. gateways.Select(gateway => new Part($"gateway{gateway.Key}", "Cloudkeeper.Gateway", gateway.Value,
            [
                $"--Gateway:Nodes={nodeList}",
                $"--Gateway:Instance=g{gateway.Key}",
                $"--Gateway:AdvertisedAddress={Text(gateway.Value)}",
            ]))],
            new Part("proxy", "Cloudkeeper.Proxy", Loopback(options.Port),
            [
                $"--Proxy:Nodes={nodeList}",
                $"--Proxy:Gateways={gatewayList}",
            ]));
    }

    /// <summary>Without the slash at the end that <see cref="Uri"/> adds.</summary>
    public static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private static Uri Loopback(int port) => new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", port).Uri;
}
