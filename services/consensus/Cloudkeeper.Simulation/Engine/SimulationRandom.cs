using System.Buffers.Binary;
using System.Numerics;

namespace Cloudkeeper.Simulation.Engine;

/// <summary>
/// Numbers from a seed alone, on every machine and runtime the same: xoshiro256**, seeded by splitmix64.
/// </summary>
/// <remarks>
/// One stream a concern: <see cref="Split"/> gives a new one, so that one draw more in the network does not change the
/// disks' behaviour.
/// </remarks>
public sealed class SimulationRandom : Random
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    public SimulationRandom(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>An independent stream.</summary>
    public SimulationRandom Split() => new(NextUInt64());

    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    public Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        NextBytes(bytes);
        return new Guid(bytes);
    }

    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>Between both bounds, inclusive.</summary>
    public int Between(int least, int most) => Next(least, most + 1);

    /// <summary>Between both bounds, each order of magnitude as likely as any other.</summary>
    public int Logarithmic(int least, int most) =>
        Math.Clamp((int)Math.Round(least * Math.Pow((double)most / least, NextDouble())), least, most);

    /// <summary>Exponentially distributed around a mean.</summary>
    public long Exponential(double mean) => (long)(-mean * Math.Log(1 - NextDouble()));

    public T Pick<T>(IReadOnlyList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return items[Next(items.Count)];
    }

    public override int Next() => (int)(NextUInt64() >> 33) & int.MaxValue;

    public override int Next(int maxValue) => (int)NextInt64(maxValue);

    public override int Next(int minValue, int maxValue) => (int)(minValue + NextInt64((long)maxValue - minValue));

    public override long NextInt64() => (long)(NextUInt64() >> 1);

    public override long NextInt64(long maxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxValue);
        return (long)Math.BigMul(NextUInt64(), (ulong)maxValue, out _);
    }

    public override long NextInt64(long minValue, long maxValue) => minValue + NextInt64(maxValue - minValue);

    public override double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    public override float NextSingle() => (float)NextDouble();

    public override void NextBytes(byte[] buffer) => NextBytes(buffer.AsSpan());

    public override void NextBytes(Span<byte> buffer)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        while (buffer.Length > 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, NextUInt64());
            var count = Math.Min(buffer.Length, word.Length);
            word[..count].CopyTo(buffer);
            buffer = buffer[count..];
        }
    }

    protected override double Sample() => NextDouble();

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
