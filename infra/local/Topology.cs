namespace Cloudkeeper.Local;

/// <summary>The processes, in the order in which they are started; they are stopped the other way round.</summary>
internal sealed record Topology(IReadOnlyList<Part> Nodes, IReadOnlyList<Part> Gateways, Part Proxy)
{
    public const string NodeProject = "Cloudkeeper.Node";

    /// <summary>Gateway n listens on the base port plus this plus n.</summary>
    private const int GatewayOffset = 100;

    public IEnumerable<Part> All => [.. Nodes, .. Gateways, Proxy];

    public static Topology Of(LocalOptions options, Roster roster)
    {
        var nodeUrls = roster.Nodes.Select(node => Text(NodeAddress(roster, node))).ToList();
        var gatewayUrls = roster.Gateways.Select(gateway => Text(GatewayAddress(roster, gateway)));
        return new Topology(
            [.. roster.Nodes.Select(node => Node(options, roster, node, nodeUrls))],
            [.. roster.Gateways.Select(gateway => Gateway(roster, gateway, nodeUrls))],
            new Part("proxy", "Cloudkeeper.Proxy", Loopback(options.Port),
            [
                $"--Proxy:Nodes={string.Join(',', nodeUrls)}",
                $"--Proxy:Gateways={string.Join(',', gatewayUrls)}",
            ]));
    }

    public static string NodeName(int node) => $"node{node}";

    public static string GatewayName(int gateway) => $"gateway{gateway}";

    /// <summary>Without the slash at the end that <see cref="Uri"/> adds.</summary>
    public static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>The founders found the cluster together; later nodes joined it.</summary>
    private static Part Node(LocalOptions options, Roster roster, int node, List<string> nodeUrls)
    {
        var address = NodeAddress(roster, node);
        var data = $"--Node:DataDirectory={Path.Combine(options.Data, NodeName(node))}";
        return new Part(NodeName(node), NodeProject, address, roster.Founders.Contains(node)
            ? [$"--Node:Id={node}", $"--Node:Members={Founders(roster)}", data]
            : [$"--Node:Join={string.Join(',', nodeUrls.Where(url => url != Text(address)))}", data]);
    }

    private static Part Gateway(Roster roster, int gateway, List<string> nodeUrls) => new(
        GatewayName(gateway), "Cloudkeeper.Gateway", GatewayAddress(roster, gateway),
        [
            $"--Gateway:Nodes={string.Join(',', nodeUrls)}",
            $"--Gateway:Instance=g{gateway}",
            $"--Gateway:AdvertisedAddress={Text(GatewayAddress(roster, gateway))}",
        ]);

    private static string Founders(Roster roster) =>
        string.Join(',', roster.Founders.Select(node => $"{node}={Text(NodeAddress(roster, node))}"));

    private static Uri NodeAddress(Roster roster, int node) => Loopback(roster.BasePort + node);

    private static Uri GatewayAddress(Roster roster, int gateway) => Loopback(roster.BasePort + GatewayOffset + gateway);

    private static Uri Loopback(int port) => new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", port).Uri;
}
