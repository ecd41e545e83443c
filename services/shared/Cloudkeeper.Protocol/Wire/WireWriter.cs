using System.Buffers;
using System.Buffers.Binary;

namespace Cloudkeeper.Protocol.Wire;

/// <summary>Writes the formats that <see cref="WireReader"/> reads.</summary>
public static class WireWriter
{
    public static void WriteByte(this IBufferWriter<byte> output, byte value)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.GetSpan(1)[0] = value;
        output.Advance(1);
    }

    public static void WriteBoolean(this IBufferWriter<byte> output, bool value) =>
        output.WriteByte(value ? (byte)1 : (byte)0);

    public static void WriteInt32(this IBufferWriter<byte> output, int value)
    {
        ArgumentNullException.ThrowIfNull(output);
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    public static void WriteInt64(this IBufferWriter<byte> output, long value)
    {
        ArgumentNullException.ThrowIfNull(output);
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    public static void WriteUInt64(this IBufferWriter<byte> output, ulong value) => output.WriteInt64((long)value);

    public static void WriteUInt128(this IBufferWriter<byte> output, UInt128 value)
    {
        ArgumentNullException.ThrowIfNull(output);
        BinaryPrimitives.WriteUInt128LittleEndian(output.GetSpan(16), value);
        output.Advance(16);
    }

    public static void WriteOptional(this IBufferWriter<byte> output, long? value)
    {
        output.WriteBoolean(value.HasValue);
        if (value is { } present)
        {
            output.WriteInt64(present);
        }
    }

    public static void WriteOptional(this IBufferWriter<byte> output, int? value)
    {
        output.WriteBoolean(value.HasValue);
        if (value is { } present)
        {
            output.WriteInt32(present);
        }
    }

    public static void WriteOptional(this IBufferWriter<byte> output, string? value)
    {
        output.WriteBoolean(value is not null);
        if (value is not null)
        {
            output.WriteString(value);
        }
    }

    public static void WriteCount(this IBufferWriter<byte> output, int count)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var span = output.GetSpan(5);
        var written = 0;
        var rest = (uint)count;
        while (rest >= 0x80)
        {
            span[written++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        span[written++] = (byte)rest;
        output.Advance(written);
    }

    public static void WriteString(this IBufferWriter<byte> output, string value)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(value);
        var length = System.Text.Encoding.UTF8.GetByteCount(value);
        output.WriteCount(length);
        System.Text.Encoding.UTF8.GetBytes(value, output.GetSpan(length));
        output.Advance(length);
    }

    /// <summary>Length-prefixed bytes.</summary>
    public static void WriteBytes(this IBufferWriter<byte> output, ReadOnlySpan<byte> value)
    {
        output.WriteCount(value.Length);
        output.Write(value);
    }
}
