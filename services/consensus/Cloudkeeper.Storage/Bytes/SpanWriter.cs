using System.Buffers.Binary;

namespace Cloudkeeper.Storage;

/// <summary>Writes little-endian fields one after the other into a buffer that the caller has sized.</summary>
internal ref struct SpanWriter(Span<byte> buffer)
{
    private Span<byte> _rest = buffer;

    public void Byte(byte value)
    {
        _rest[0] = value;
        _rest = _rest[1..];
    }

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_rest, value);
        _rest = _rest[sizeof(ushort)..];
    }

    public void Int32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_rest, value);
        _rest = _rest[sizeof(int)..];
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_rest, value);
        _rest = _rest[sizeof(uint)..];
    }

    public void Int64(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_rest, value);
        _rest = _rest[sizeof(long)..];
    }

    public void Guid(Guid value)
    {
        value.TryWriteBytes(_rest);
        _rest = _rest[16..];
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(_rest);
        _rest = _rest[value.Length..];
    }

    public readonly void ZeroRest() => _rest.Clear();
}
