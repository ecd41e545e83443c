using System.Security.Cryptography;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Metrics;
using Cloudkeeper.Hosting.Security;

namespace Cloudkeeper.Gateway.Redis;

/// <summary>The <see cref="Seal"/> of this gateway, with its clock: nothing gets into Redis or out of it but through here.</summary>
/// <remarks>Without a cluster key there is none, and no Redis either: see <see cref="RedisKeyValidator"/>.</remarks>
internal sealed class RedisSeal(ClusterAccess access, GatewayMetrics metrics, TimeProvider time)
{
    private const int KeyBytes = 32;

    private readonly Seal _seal = new(
        purpose => access.Key!.Derive(purpose, KeyBytes), BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))));

    private int Today => Seal.DayOf(time.GetUtcNow().ToUnixTimeMilliseconds());

    public byte[] Close(Guid cluster, string name, ReadOnlySpan<byte> content) =>
        _seal.Close(cluster, name, content, Today);

    /// <param name="contentMax">Bytes; a longer entry is not even looked at.</param>
    /// <returns>Null: no gateway of this cluster has put it there lately.</returns>
    public byte[]? Open(Guid cluster, string name, ReadOnlySpan<byte> entry, int contentMax)
    {
        if (entry.Length > contentMax + Seal.OverheadBytes)
        {
            metrics.RedisRejected("size");
            return null;
        }

        var content = _seal.Open(cluster, name, entry, Today);
        if (content is null)
        {
            metrics.RedisRejected("seal");
        }

        return content;
    }
}
