using System.Buffers.Text;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>
/// Finds the events in a chunked response of Server-Sent Events as its bytes come, in whatever pieces. It keeps the
/// beginning of one line and nothing else: ten thousand of them are alive at a time.
/// </summary>
internal sealed class EventScanner
{
    private const int LineBytesKept = 40;

    private readonly byte[] _line = new byte[LineBytesKept];

    // A chunk may end within a line of the content: kept apart from the framing that comes between.
    private readonly byte[] _cut = new byte[LineBytesKept];
    private int _lineLength;
    private int _cutLength;
    private Part _part;
    private long _chunkLeft;
    private long _revision;
    private bool _isProgress;

    private enum Part
    {
        StatusLine,
        Header,
        ChunkSize,
        Chunk,
        ChunkEnd,
    }

    /// <summary>The headers of a successful answer have come: the server watches.</summary>
    public bool HasBegun => _part > Part.Header;

    /// <summary>Events of progress so far.</summary>
    public int ProgressCount { get; private set; }

    /// <summary>Takes the next bytes and adds the revisions of the changes that end in them.</summary>
    /// <exception cref="InvalidDataException">Not the stream that was asked for.</exception>
    public void Take(ReadOnlySpan<byte> bytes, List<long> revisions)
    {
        foreach (var b in bytes)
        {
            if (_part == Part.Chunk)
            {
                TakeContent(b, revisions);
            }
            else if (b == '\n')
            {
                var line = Line;
                _lineLength = 0;
                TakeFraming(line);
            }
            else
            {
                Keep(b);
            }
        }
    }

    private ReadOnlySpan<byte> Line => _line.AsSpan(0, _lineLength).TrimEnd((byte)'\r');

    private void Keep(byte b)
    {
        if (_lineLength < LineBytesKept)
        {
            _line[_lineLength++] = b;
        }
    }

    private void TakeFraming(ReadOnlySpan<byte> line)
    {
        switch (_part)
        {
            case Part.StatusLine when !line.StartsWith("HTTP/1.1 200 "u8):
                throw new InvalidDataException($"not watched: {System.Text.Encoding.ASCII.GetString(line)}");
            case Part.StatusLine:
                _part = Part.Header;
                break;
            case Part.Header:
                _part = line.IsEmpty ? Part.ChunkSize : Part.Header;
                break;
            case Part.ChunkSize when Utf8Parser.TryParse(line, out _chunkLeft, out _, 'x') && _chunkLeft > 0:
                _part = Part.Chunk;
                RestoreContent();
                break;
            case Part.ChunkSize:
                throw new InvalidDataException("the server has ended the stream");
            default:
                _part = Part.ChunkSize;
                break;
        }
    }

    private void RestoreContent()
    {
        _cut.AsSpan(0, _cutLength).CopyTo(_line);
        _lineLength = _cutLength;
    }

    private void TakeContent(byte b, List<long> revisions)
    {
        if (b == '\n')
        {
            TakeLine(revisions);
            _lineLength = 0;
        }
        else
        {
            Keep(b);
        }

        if (--_chunkLeft == 0)
        {
            _line.AsSpan(0, _lineLength).CopyTo(_cut);
            _cutLength = _lineLength;
            _lineLength = 0;
            _part = Part.ChunkEnd;
        }
    }

    private void TakeLine(List<long> revisions)
    {
        var line = Line;
        if (line.IsEmpty)
        {
            EndEvent(revisions);
        }
        else if (line.StartsWith("event: "u8))
        {
            _isProgress = line.SequenceEqual("event: progress"u8);
        }
        else if (line.StartsWith("id: "u8) && !Utf8Parser.TryParse(line[4..], out _revision, out _))
        {
            throw new InvalidDataException("an id that is no revision");
        }
    }

    private void EndEvent(List<long> revisions)
    {
        if (_isProgress)
        {
            ProgressCount++;
        }
        else
        {
            revisions.Add(_revision);
        }
    }
}
