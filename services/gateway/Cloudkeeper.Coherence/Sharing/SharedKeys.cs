using System.Globalization;
using Cloudkeeper.Protocol;

namespace Cloudkeeper.Coherence.Sharing;

/// <summary>
/// The names in Redis under which the gateways of one cluster share data. Another cluster, which may use the same
/// Redis, has other names; a <see cref="Seal"/> proves the writer.
/// </summary>
public static class SharedKeys
{
    /// <summary>Of a <see cref="SharedNode"/>.</summary>
    public static string Node(Guid cluster, string path) => $"{Prefix(cluster)}:node:{path}";

    /// <summary>Of a <see cref="CachedChange"/>.</summary>
    public static string Change(Guid cluster, Revision revision, string path) =>
        string.Create(CultureInfo.InvariantCulture, $"{Prefix(cluster)}:change:{revision.Value}:{path}");

    /// <summary>Of the channel of <see cref="FeedMessage"/>s.</summary>
    public static string Feed(Guid cluster) => $"{Prefix(cluster)}:feed";

    /// <summary>Of the lease of the one gateway that publishes there.</summary>
    public static string Speaker(Guid cluster) => $"{Prefix(cluster)}:speaker";

    private static string Prefix(Guid cluster) => $"cloudkeeper:{cluster:N}";
}
