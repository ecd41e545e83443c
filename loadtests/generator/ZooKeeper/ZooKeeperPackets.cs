using System.Buffers.Binary;
using System.Text;

namespace Cloudkeeper.LoadGenerator.ZooKeeper;

/// <summary>
/// The few packets of ZooKeeper's protocol that a measurement needs. Every packet is a big-endian int32 length and that
/// many bytes; a string or buffer is a length and its bytes; a request begins with its xid and its type, a reply with
/// its xid, a zxid and an error.
/// </summary>
internal static class ZooKeeperPackets
{
    private const int CreateType = 1;
    private const int GetDataType = 4;
    private const int SetDataType = 5;
    private const int SyncType = 9;
    private const int AllPermissions = 31;
    private const int AnyVersion = -1;

    /// <summary>A new session of 30 s; the first packet of a connection has no request header.</summary>
    public static byte[] Connect() => Frame(p => p
        .Int32(0) // protocol version
        .Int64(0) // last zxid seen
        .Int32(30_000)
        .Int64(0) // no session yet
        .Buffer(new byte[16]));

    public static byte[] SetData(string path, byte[] value) =>
        Frame(p => p.Int32(0).Int32(SetDataType).Text(path).Buffer(value).Int32(AnyVersion));

    public static byte[] GetData(string path) => Frame(p => p.Int32(0).Int32(GetDataType).Text(path).Byte(0));

    public static byte[] Sync(string path) => Frame(p => p.Int32(0).Int32(SyncType).Text(path));

    /// <summary>A persistent node that anyone may do anything with.</summary>
    public static byte[] Create(string path, byte[] value) => Frame(p => p
        .Int32(0).Int32(CreateType).Text(path).Buffer(value)
        .Int32(1).Int32(AllPermissions).Text("world").Text("anyone")
        .Int32(0));

    /// <summary>False until the packet is complete.</summary>
    public static bool TryRead(ReadOnlySpan<byte> received, out ReadOnlySpan<byte> packet, out int consumed)
    {
        packet = default;
        consumed = 0;
        if (received.Length < 4)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(received);
        if (length is < 16 or > 1 << 20)
        {
            throw new InvalidDataException("not a packet of ZooKeeper's");
        }

        if (received.Length < 4 + length)
        {
            return false;
        }

        packet = received.Slice(4, length);
        consumed = 4 + length;
        return true;
    }

    /// <summary>The error of a reply's header: xid int32, zxid int64, error int32.</summary>
    public static int ErrorOf(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadInt32BigEndian(packet[12..]);

    /// <summary>Protocol version int32, granted timeout int32: 0 refuses the session.</summary>
    public static bool IsSessionGranted(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadInt32BigEndian(packet[4..]) > 0;

    private static byte[] Frame(Action<Writer> write)
    {
        var writer = new Writer();
        writer.Int32(0);
        write(writer);
        var packet = writer.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length - 4);
        return packet;
    }

    /// <summary>Used while setting up only; the packets themselves are reused.</summary>
    private sealed class Writer
    {
        private readonly List<byte> _bytes = [];

        public Writer Byte(byte value)
        {
            _bytes.Add(value);
            return this;
        }

        public Writer Int32(int value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            _bytes.AddRange(bytes);
            return this;
        }

        public Writer Int64(long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            _bytes.AddRange(bytes);
            return this;
        }

        public Writer Buffer(byte[] value)
        {
            Int32(value.Length);
            _bytes.AddRange(value);
            return this;
        }

        public Writer Text(string value) => Buffer(Encoding.UTF8.GetBytes(value));

        public byte[] ToArray() => [.. _bytes];
    }
}
