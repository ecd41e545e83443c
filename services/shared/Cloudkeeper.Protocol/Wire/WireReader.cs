using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Cloudkeeper.Protocol.Wire;

/// <summary>
/// Reads the binary formats of this assembly. Every length is checked against the bytes that are there before it is
/// used.
/// </summary>
/// <remarks>Integers are little endian; counts and lengths are LEB128 varints of at most 5 bytes; strings are UTF-8.</remarks>
public ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private static readonly System.Text.UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Remaining => _rest.Length;

    public byte ReadByte() => Take(1)[0];

    public bool ReadBoolean() => ReadByte() switch
    {
        0 => false,
        1 => true,
        var other => throw new WireFormatException($"A boolean of {other}."),
    };

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public UInt128 ReadUInt128() => BinaryPrimitives.ReadUInt128LittleEndian(Take(16));

    public long? ReadOptionalInt64() => ReadBoolean() ? ReadInt64() : null;

    public int? ReadOptionalInt32() => ReadBoolean() ? ReadInt32() : null;

    /// <summary>An enum of bytes, counted without gaps from 0 up to <paramref name="largest"/>.</summary>
    public T ReadEnum<T>(T largest)
        where T : unmanaged, Enum
    {
        var value = ReadByte();
        return value <= Unsafe.BitCast<T, byte>(largest)
            ? Unsafe.BitCast<byte, T>(value)
            : throw new WireFormatException($"A {typeof(T).Name} of {value}.");
    }

    /// <summary>A count of items of which each takes at least <paramref name="itemBytesMin"/> bytes.</summary>
    public int ReadCount(int countMax, int itemBytesMin = 1)
    {
        var count = ReadVarint();
        return count <= countMax && (long)count * itemBytesMin <= _rest.Length
            ? count
            : throw new WireFormatException($"A count of {count} items, at most {countMax} in {_rest.Length} bytes.");
    }

    public string ReadString(int bytesMax = Limits.BatchBytesMax) => Decode(ReadSpan(bytesMax));

    /// <param name="likely">
    /// Its value most of the time: then it is this very object, and takes no memory of its own.
    /// </param>
    public string ReadString(string likely)
    {
        var text = ReadSpan(Limits.BatchBytesMax);
        return System.Text.Ascii.Equals(text, likely) ? likely : Decode(text);
    }

    private static string Decode(ReadOnlySpan<byte> text)
    {
        try
        {
            return StrictUtf8.GetString(text);
        }
        catch (System.Text.DecoderFallbackException e)
        {
            throw new WireFormatException("A string is not UTF-8.", e);
        }
    }

    public string? ReadOptionalString(int bytesMax = Limits.BatchBytesMax) => ReadBoolean() ? ReadString(bytesMax) : null;

    /// <summary>A copy, so that it does not keep the whole buffer alive.</summary>
    public byte[] ReadBytes(int bytesMax = Limits.BatchBytesMax) => ReadSpan(bytesMax).ToArray();

    /// <summary>A length-prefixed run of bytes, in place.</summary>
    public ReadOnlySpan<byte> ReadSpan(int bytesMax = Limits.BatchBytesMax)
    {
        var length = ReadVarint();
        return length <= bytesMax
            ? Take(length)
            : throw new WireFormatException($"A length of {length} bytes, at most {bytesMax}.");
    }

    /// <summary>Reads the version with which every format begins; there has only ever been one of each.</summary>
    public void RequireVersion(byte known, string what)
    {
        var version = ReadByte();
        if (version != known)
        {
            throw new WireFormatException($"{what} of version {version}; this is version {known}.");
        }
    }

    public readonly void RequireEnd()
    {
        if (_rest.Length > 0)
        {
            throw new WireFormatException($"{_rest.Length} bytes too many.");
        }
    }

    private int ReadVarint()
    {
        var value = 0L;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = ReadByte();
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value <= int.MaxValue
                    ? (int)value
                    : throw new WireFormatException($"A length of {value}.");
            }
        }

        throw new WireFormatException("A varint of more than 5 bytes.");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new WireFormatException($"{count} bytes wanted, {_rest.Length} left.");
        }

        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
