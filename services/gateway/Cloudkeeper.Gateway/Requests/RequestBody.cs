using System.Buffers;
using Cloudkeeper.Hosting.Memory;

namespace Cloudkeeper.Gateway.Requests;

/// <summary>The whole body of a request, in memory that is given back when it is disposed of.</summary>
/// <param name="lease">Null: too small to be counted.</param>
internal readonly struct RequestBody(byte[] buffer, int length, MemoryLease? lease) : IDisposable
{
    public static readonly RequestBody Empty = new([], 0, null);

    public ReadOnlyMemory<byte> Memory => buffer.AsMemory(0, length);

    /// <summary>Accounts for the products of the body: text in memory, and the values in it.</summary>
    /// <param name="times">As large as the body, all in all.</param>
    /// <returns>False: there is no room for it.</returns>
    public bool TryReserve(int times) => lease is null || lease.TryGrowTo((long)times * buffer.Length);

    public void Dispose()
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        lease?.Dispose();
    }
}
