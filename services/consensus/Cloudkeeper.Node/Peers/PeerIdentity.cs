using System.Globalization;
using Cloudkeeper.Hosting;
using Cloudkeeper.Node.Configuration;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Peers;

/// <summary>A member's identity at the beginning of every stream to another, in the query.</summary>
/// <param name="Address">
/// Where its answers go as long as the other one does not know the member from its own log: a new member is in no log
/// yet.
/// </param>
/// <param name="Version">Of its program, for people; null: it does not announce it.</param>
internal sealed record PeerIdentity(Guid Cluster, NodeId Node, Guid Instance, string Address, string? Version = null)
{
    /// <summary>Of its process; none: a former program, which draws none.</summary>
    public Guid Run { get; init; }

    public string QueryTo(NodeId to) =>
        $"?cluster={Cluster:N}&from={Node}&instance={Instance:N}&to={to}&address={Uri.EscapeDataString(Address)}"
        + $"&version={Uri.EscapeDataString(Version ?? "")}&run={Run:N}";

    /// <summary>Null: it is none.</summary>
    public static (PeerIdentity Peer, NodeId To)? Read(IQueryCollection query) =>
        Guid.TryParse(query["cluster"], out var cluster)
        && Guid.TryParse(query["instance"], out var instance)
        && TryReadNode(query["from"], out var from)
        && TryReadNode(query["to"], out var to)
        && ReachableAddress.Parse(query["address"].ToString()) is { } address
            ? (new PeerIdentity(cluster, from, instance, address, VersionIn(query)) { Run = RunIn(query) }, to)
            : null;

    private static string? VersionIn(IQueryCollection query) =>
        query["version"].ToString() is { Length: > 0 and <= ProgramVersion.CharsMax } version ? version : null;

    private static Guid RunIn(IQueryCollection query) => Guid.TryParse(query["run"], out var run) ? run : default;

    private static bool TryReadNode(string? text, out NodeId node)
    {
        var isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        node = new NodeId(value);
        return isNumber && value > 0;
    }
}
