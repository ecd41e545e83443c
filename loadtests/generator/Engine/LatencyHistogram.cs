using System.Numerics;

namespace Cloudkeeper.LoadGenerator.Engine;

/// <summary>
/// Latencies in buckets that grow with the value: exact to a microsecond below 128 µs and to 1.6 % above, in constant
/// memory. The maximum is exact.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;
    private const long LimitMicroseconds = 1L << 36; // 19 hours; anything longer counts as that
    private readonly long[] _counts = new long[IndexOf(LimitMicroseconds) + 1];

    public long Count { get; private set; }

    public long MaxMicroseconds { get; private set; }

    public void Record(long microseconds)
    {
        Count++;
        MaxMicroseconds = Math.Max(MaxMicroseconds, microseconds);
        _counts[IndexOf(Math.Clamp(microseconds, 0, LimitMicroseconds))]++;
    }

    public void Add(LatencyHistogram other)
    {
        Count += other.Count;
        MaxMicroseconds = Math.Max(MaxMicroseconds, other.MaxMicroseconds);
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <summary>The least latency that at least this share of the operations did not exceed; 0 if there are none.</summary>
    public long PercentileMicroseconds(double percent)
    {
        var wanted = (long)Math.Ceiling(Count * percent / 100);
        for (var i = 0; i < _counts.Length && Count > 0; i++)
        {
            wanted -= _counts[i];
            if (wanted <= 0)
            {
                return Math.Min(UpperEdgeOf(i), MaxMicroseconds);
            }
        }

        return MaxMicroseconds;
    }

    // Values of one power of two share a shift and fill the upper half of its sub-buckets, so indexes have no holes.
    private static int IndexOf(long value)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)value) - SubBucketBits);
        return (shift * SubBuckets) + (int)(value >> shift);
    }

    private static long UpperEdgeOf(int index)
    {
        var shift = Math.Max(0, (index / SubBuckets) - 1);
        return ((long)(index - (shift * SubBuckets) + 1) << shift) - 1;
    }
}
