using System.Numerics;
using System.Runtime.InteropServices;

namespace Cloudkeeper.Simulation.Engine;

/// <summary>A quick mixing of numbers and bytes: to recognise sameness, not to resist attackers.</summary>
internal static class Hash
{
    public static ulong Mix(ulong hash, ulong value)
    {
        var mixed = (hash ^ value) * 0x9E3779B97F4A7C15;
        return BitOperations.RotateLeft(mixed, 29) + (mixed >> 32);
    }

    public static ulong Mix(ulong hash, long value) => Mix(hash, (ulong)value);

    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Mix(0x51_7C_C1_B7, (ulong)bytes.Length);
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (var word in words)
        {
            hash = Mix(hash, word);
        }

        foreach (var rest in bytes[(words.Length * sizeof(ulong))..])
        {
            hash = Mix(hash, (ulong)rest);
        }

        return hash;
    }

    public static ulong Of(string text) => Of(MemoryMarshal.AsBytes(text.AsSpan()));
}
