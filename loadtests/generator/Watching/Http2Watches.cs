using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>
/// Many watches on one connection over HTTP/2 (RFC 9113), as a proxy has them. Only what such a client needs: it never
/// sends a body, compresses nothing (RFC 7541, 6.2.2), and opens all windows as far as they go.
/// </summary>
internal sealed class Http2Watches : IWatchProtocol
{
    private const byte NoFlags = 0;
    private const byte EndStream = 1;
    private const byte Acknowledge = 1;
    private const byte EndHeaders = 4;
    private const int FrameHeaderBytes = 9;
    private const int PayloadBytesKept = 16;
    private const uint WindowMax = int.MaxValue;
    private const uint WindowAtFirst = 65_535;

    private readonly EventScanner[] _events;
    private readonly bool[] _hasBegun;
    private readonly byte[] _header = new byte[FrameHeaderBytes];
    private readonly byte[] _payload = new byte[PayloadBytesKept];
    private readonly ArrayBufferWriter<byte> _reply = new();
    private int _headerLength;
    private int _payloadLength;
    private int _payloadLeft;
    private uint _received;

    /// <param name="paths">Of the requests, one a watch.</param>
    public Http2Watches(string authority, IReadOnlyList<string> paths)
    {
        _events = [.. paths.Select(_ => new EventScanner())];
        _hasBegun = new bool[paths.Count];
        var output = new ArrayBufferWriter<byte>();
        output.Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        WriteFrame(output, FrameType.Settings, NoFlags, 0, [0, 1, 0, 0, 0, 0, 0, 4, .. BigEndian(WindowMax)]);
        WriteFrame(output, FrameType.WindowUpdate, NoFlags, 0, BigEndian(WindowMax - WindowAtFirst));
        for (var i = 0; i < paths.Count; i++)
        {
            WriteFrame(output, FrameType.Headers, EndStream | EndHeaders, (2 * i) + 1, Request(authority, paths[i]));
        }

        Opening = output.WrittenSpan.ToArray();
    }

    private enum FrameType : byte
    {
        Data = 0,
        Headers = 1,
        ResetStream = 3,
        Settings = 4,
        Ping = 6,
        GoAway = 7,
        WindowUpdate = 8,
    }

    public byte[] Opening { get; }

    public int Watches => _events.Length;

    public int Begun { get; private set; }

    public int ProgressCount => _events.Sum(events => events.ProgressCount);

    private FrameType Type => (FrameType)_header[3];

    private bool Has(byte flag) => (_header[4] & flag) != 0;

    private int Watch => (BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(5)) - 1) / 2;

    public ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> bytes, List<long> revisions)
    {
        _reply.ResetWrittenCount();
        while (bytes.Length > 0)
        {
            if (_headerLength < FrameHeaderBytes)
            {
                _header[_headerLength++] = bytes[0];
                bytes = bytes[1..];
                _payloadLeft = (_header[0] << 16) | (_header[1] << 8) | _header[2];
            }
            else
            {
                var part = bytes[..Math.Min(_payloadLeft, bytes.Length)];
                TakePayload(part, revisions);
                bytes = bytes[part.Length..];
            }

            if (_headerLength == FrameHeaderBytes && _payloadLeft == 0)
            {
                EndFrame();
                (_headerLength, _payloadLength) = (0, 0);
            }
        }

        return _reply.WrittenMemory;
    }

    private void TakePayload(ReadOnlySpan<byte> part, List<long> revisions)
    {
        _payloadLeft -= part.Length;
        if (Type == FrameType.Data)
        {
            _events[Watch].Take(part, revisions);
            _received += (uint)part.Length;
            return;
        }

        var kept = part[..Math.Min(part.Length, PayloadBytesKept - _payloadLength)];
        kept.CopyTo(_payload.AsSpan(_payloadLength));
        _payloadLength += kept.Length;
    }

    private void EndFrame()
    {
        switch (Type)
        {
            case FrameType.Headers:
                BeginWatch();
                break;
            case FrameType.Settings when !Has(Acknowledge):
                WriteFrame(_reply, FrameType.Settings, Acknowledge, 0, []);
                break;
            case FrameType.Ping when !Has(Acknowledge):
                WriteFrame(_reply, FrameType.Ping, Acknowledge, 0, _payload.AsSpan(0, _payloadLength));
                break;
            case FrameType.ResetStream or FrameType.GoAway:
                throw new InvalidDataException($"the server has ended it: {Type}");
        }

        if (Type is FrameType.Data or FrameType.Headers && Has(EndStream))
        {
            throw new InvalidDataException("the server has ended the stream");
        }

        if (_received > WindowMax / 2)
        {
            WriteFrame(_reply, FrameType.WindowUpdate, NoFlags, 0, BigEndian(_received));
            _received = 0;
        }
    }

    private void BeginWatch()
    {
        // The headers may begin with the new size of a table that is not used. Then 200 is the eighth entry of the static one.
        const int Ok = 0x88;
        var first = _payload.AsSpan(0, _payloadLength).IndexOfAnyExceptInRange((byte)0x20, (byte)0x3f);
        if (first < 0 || _payload[first] != Ok)
        {
            throw new InvalidDataException("not watched");
        }

        Begun += _hasBegun[Watch] ? 0 : 1;
        _hasBegun[Watch] = true;
    }

    private static byte[] Request(string authority, string path) =>
        [0x82, 0x86, .. Literal(nameIndex: 4, path), .. Literal(nameIndex: 1, authority)];

    private static byte[] Literal(byte nameIndex, string text)
    {
        const int LengthMax = 0x7e;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, LengthMax, nameof(text));
        return [nameIndex, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
    }

    private static void WriteFrame(IBufferWriter<byte> output, FrameType type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        ReadOnlySpan<byte> header =
            [0, (byte)(payload.Length >> 8), (byte)payload.Length, (byte)type, flags, .. BigEndian((uint)stream)];
        output.Write(header);
        output.Write(payload);
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
