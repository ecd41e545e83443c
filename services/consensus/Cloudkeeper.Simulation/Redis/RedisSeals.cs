using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Redis;

/// <summary>
/// Closes the entries that go into Redis, and opens those that come out of it, as in production. In bare runs neither
/// happens: there are no lies in them, and the rules behind the seal are alone with the mistakes of Redis.
/// </summary>
/// <param name="key">Of a cluster, or a stranger's.</param>
internal sealed class RedisSeals(World world, ulong key, SimulationRandom random)
{
    /// <summary>Clusters of one owner may have the same.</summary>
    public const ulong OurKey = 1;

    private readonly Seal _seal = new(purpose => Derive(key, purpose), random.NextInt64());

    private bool IsSealed => world.Options.Coherence.IsSealed;

    /// <param name="writer">Clocks of two gateways may stand on two sides of midnight.</param>
    public byte[] Close(Guid cluster, string name, byte[] content, int writer) =>
        IsSealed ? _seal.Close(cluster, name, content, DayAt(writer)) : content;

    public byte[]? Open(Guid cluster, string name, byte[] entry, int reader) =>
        IsSealed ? _seal.Open(cluster, name, entry, DayAt(reader)) : entry;

    private int DayAt(int address) =>
        Seal.DayOf(World.Epoch + (world.Scheduler.Now / Scheduler.Millisecond)) + (address % 2);

    private static byte[] Derive(ulong key, string purpose)
    {
        var secret = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(secret, key);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, 32, info: Encoding.UTF8.GetBytes(purpose));
    }
}
