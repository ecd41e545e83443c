using System.Net;
using Cloudkeeper.Node.Hosting;
using Cloudkeeper.Node.Peers;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Node.Recovery;

/// <summary>The leader's revision that contains all that is acknowledged.</summary>
internal static class LeaderRevision
{
    /// <summary>Null: no node leads, or the last leader does not any more.</summary>
    public static async Task<Revision?> AskAsync(ReplicaHost replica, PeerClient peers, CancellationToken cancellationToken)
    {
        var address = await replica.AskAsync(r => r.Leader is { } leader ? r.Membership.Find(leader)?.Address : null);
        if (address is null)
        {
            return null;
        }

        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, address + NodeRoutes.ReadIndex)
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent([]),
            };
            using var response = await peers.Client.SendAsync(request, cancellationToken);
            var point = response.IsSuccessStatusCode
                ? ReadPoint.Read(await response.Content.ReadAsByteArrayAsync(cancellationToken))
                : default;
            return point.Cluster == replica.ClusterId ? point.Revision : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or WireFormatException)
        {
            return null;
        }
    }
}
