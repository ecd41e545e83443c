using System.Buffers.Binary;

namespace Cloudkeeper.Storage;

/// <summary>Reads little-endian fields; a missing one is an <see cref="InvalidDataException"/>.</summary>
internal ref struct SpanReader(ReadOnlySpan<byte> buffer)
{
    private readonly int _length = buffer.Length;
    private ReadOnlySpan<byte> _rest = buffer;

    public readonly int Position => _length - _rest.Length;

    public readonly int Remaining => _rest.Length;

    public byte Byte() => Take(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public Guid Guid() => new(Take(16));

    public ReadOnlySpan<byte> Bytes(int length) => Take(length);

    private ReadOnlySpan<byte> Take(int length)
    {
        if ((uint)length > (uint)_rest.Length)
        {
            throw new InvalidDataException($"{length} bytes wanted at {Position}, {_rest.Length} there");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
