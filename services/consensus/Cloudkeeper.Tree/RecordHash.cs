using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Cloudkeeper.Tree;

/// <summary>
/// A 64-bit hash of one record of the state, the same in every process. It guards against bugs and broken memory, not
/// against an adversary. Each step multiplies to 128 bits and folds the halves together.
/// </summary>
internal struct RecordHash(ulong seed)
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;
    private const ulong Whitener = 0xD6E8_FEB8_6659_FD93;

    private ulong _state = seed ^ Whitener;

    public readonly ulong Value => Fold(_state, Whitener);

    public void Add(ulong value) => _state = Fold(_state ^ value, Multiplier) + Whitener;

    public void Add(long value) => Add((ulong)value);

    public void Add(string value) => Add(value.AsSpan());

    public void Add(ReadOnlySpan<char> value) => Add(MemoryMarshal.AsBytes(value));

    public void Add(ReadOnlySpan<byte> value)
    {
        Add((ulong)value.Length);
        while (value.Length >= sizeof(ulong))
        {
            Add(BinaryPrimitives.ReadUInt64LittleEndian(value));
            value = value[sizeof(ulong)..];
        }

        var rest = 0UL;
        foreach (var next in value)
        {
            rest = (rest << 8) | next;
        }

        Add(rest);
    }

    private static ulong Fold(ulong left, ulong right)
    {
        var high = Math.BigMul(left, right, out var low);
        return high ^ low;
    }
}
