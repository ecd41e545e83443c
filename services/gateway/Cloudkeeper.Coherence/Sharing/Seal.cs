using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Cloudkeeper.Coherence.Sharing;

/// <summary>
/// Closes and opens the entries of gateways in Redis: only a process that holds the cluster's key can write or read
/// them, and only under the name and about the day for which they were written. Thread safe.
/// </summary>
/// <remarks>
/// <code>2 | day, int32 | nonce, 12 bytes | AES-256-GCM of the content | tag, 16 bytes</code>
/// The associated data is the name of the entry or channel, which also names the cluster. The key is another one each day
/// (of the clock that wrote it), so that no key closes more than a day's entries; that a clock is wrong by hours costs nothing.
/// Old true content passes: the rules of the feed and of the cache decide by revisions whether it counts.
/// </remarks>
/// <param name="derive">Derives a key of 32 bytes from the cluster's key for a purpose.</param>
/// <param name="sealer">
/// Drawn at random for each life of a process: with a count behind it, it is a nonce that no other entry of the day has.
/// </param>
public sealed class Seal(Func<string, byte[]> derive, long sealer)
{
    /// <summary>How much longer an entry is than its content.</summary>
    public const int OverheadBytes = HeadBytes + TagBytes;

    private const byte FormatVersion = 2;
    private const int DayAt = 1;
    private const int NonceAt = DayAt + sizeof(int);
    private const int NonceBytes = 12;
    private const int HeadBytes = NonceAt + NonceBytes;
    private const int TagBytes = 16;
    private const long MillisecondsPerDay = 24 * 60 * 60 * 1_000;

    private long _closed;
    private DayKey? _newest;

    /// <param name="time">Unix milliseconds.</param>
    public static int DayOf(long time) => (int)(time / MillisecondsPerDay);

    /// <param name="name">The key or channel under which it will be found.</param>
    public byte[] Close(Guid cluster, string name, ReadOnlySpan<byte> content, int today)
    {
        var entry = new byte[OverheadBytes + content.Length];
        entry[0] = FormatVersion;
        BinaryPrimitives.WriteInt32LittleEndian(entry.AsSpan(DayAt), today);
        var nonce = entry.AsSpan(NonceAt, NonceBytes);
        WriteNonce(nonce);
        using var cipher = new AesGcm(KeyOf(cluster, today), TagBytes);
        cipher.Encrypt(
            nonce, content, entry.AsSpan(HeadBytes, content.Length), entry.AsSpan(^TagBytes..), Encoding.UTF8.GetBytes(name));
        return entry;
    }

    /// <param name="name">The key or channel under which it was found.</param>
    /// <returns>Null: not written under this name, for this cluster, from yesterday to tomorrow, by a holder of its key.</returns>
    public byte[]? Open(Guid cluster, string name, ReadOnlySpan<byte> entry, int today)
    {
        if (entry.Length < OverheadBytes || entry[0] != FormatVersion)
        {
            return null;
        }

        var day = BinaryPrimitives.ReadInt32LittleEndian(entry[DayAt..]);
        if (Math.Abs((long)day - today) > 1)
        {
            return null;
        }

        var content = new byte[entry.Length - OverheadBytes];
        using var cipher = new AesGcm(KeyOf(cluster, day), TagBytes);
        try
        {
            cipher.Decrypt(
                entry.Slice(NonceAt, NonceBytes), entry[HeadBytes..^TagBytes], entry[^TagBytes..], content, Encoding.UTF8.GetBytes(name));
            return content;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <summary>Never the same twice in one process; of two processes, one in 2^64 pairs begins alike.</summary>
    private void WriteNonce(Span<byte> nonce)
    {
        var count = Interlocked.Increment(ref _closed);
        BinaryPrimitives.WriteInt64LittleEndian(nonce, sealer + (count >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(nonce[sizeof(long)..], (uint)count);
    }

    /// <summary>Of a day of a cluster. Nearly always it is that of today.</summary>
    private byte[] KeyOf(Guid cluster, int day)
    {
        if (Volatile.Read(ref _newest) is { } newest && newest.Cluster == cluster && newest.Day == day)
        {
            return newest.Key;
        }

        var key = derive(string.Create(CultureInfo.InvariantCulture, $"redis {cluster:N} {day}"));
        Volatile.Write(ref _newest, new DayKey(cluster, day, key));
        return key;
    }

    private sealed record DayKey(Guid Cluster, int Day, byte[] Key);
}
