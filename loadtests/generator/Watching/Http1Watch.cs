using System.Buffers.Text;
using System.Text;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>One watch over HTTP/1.1: a response in chunks without end.</summary>
internal sealed class Http1Watch(string authority, string path) : IWatchProtocol
{
    private const int LineBytesKept = 40;

    private readonly EventScanner _events = new();
    private readonly byte[] _line = new byte[LineBytesKept];
    private int _lineLength;
    private Part _part;
    private long _chunkLeft;

    private enum Part
    {
        StatusLine,
        Header,
        ChunkSize,
        Chunk,
        ChunkEnd,
    }

    public byte[] Opening => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {authority}\r\n\r\n");

    public int Watches => 1;

    public int Begun => _part > Part.Header ? 1 : 0;

    public int ProgressCount => _events.ProgressCount;

    public ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> bytes, List<long> revisions)
    {
        while (bytes.Length > 0)
        {
            if (_part == Part.Chunk)
            {
                var content = bytes[..(int)Math.Min(_chunkLeft, bytes.Length)];
                _events.Take(content, revisions);
                _chunkLeft -= content.Length;
                _part = _chunkLeft == 0 ? Part.ChunkEnd : Part.Chunk;
                bytes = bytes[content.Length..];
            }
            else
            {
                TakeFraming(bytes[0]);
                bytes = bytes[1..];
            }
        }

        return default;
    }

    private void TakeFraming(byte b)
    {
        if (b == '\n')
        {
            EndLine(_line.AsSpan(0, _lineLength).TrimEnd((byte)'\r'));
            _lineLength = 0;
        }
        else if (_lineLength < LineBytesKept)
        {
            _line[_lineLength++] = b;
        }
    }

    private void EndLine(ReadOnlySpan<byte> line)
    {
        switch (_part)
        {
            case Part.StatusLine when !line.StartsWith("HTTP/1.1 200 "u8):
                throw new InvalidDataException($"not watched: {Encoding.ASCII.GetString(line)}");
            case Part.StatusLine:
                _part = Part.Header;
                break;
            case Part.Header:
                _part = line.IsEmpty ? Part.ChunkSize : Part.Header;
                break;
            case Part.ChunkSize when Utf8Parser.TryParse(line, out _chunkLeft, out _, 'x') && _chunkLeft > 0:
                _part = Part.Chunk;
                break;
            case Part.ChunkSize:
                throw new InvalidDataException("the server has ended the stream");
            default:
                _part = Part.ChunkSize;
                break;
        }
    }
}
