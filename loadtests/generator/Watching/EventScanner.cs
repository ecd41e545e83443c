using System.Buffers.Text;

namespace Cloudkeeper.LoadGenerator.Watching;

/// <summary>
/// Finds the events in Server-Sent Events as their bytes come, in pieces of any size. It keeps the beginning of one
/// line and nothing else: ten thousand of them are alive at a time.
/// </summary>
internal sealed class EventScanner
{
    private const int LineBytesKept = 40;

    private readonly byte[] _line = new byte[LineBytesKept];
    private int _lineLength;
    private long _revision;
    private bool _isProgress;

    /// <summary>Events of progress so far.</summary>
    public int ProgressCount { get; private set; }

    /// <summary>Takes the next bytes and adds the revisions of the changes that end in them.</summary>
    /// <exception cref="InvalidDataException">Not the stream that was asked for.</exception>
    public void Take(ReadOnlySpan<byte> bytes, List<long> revisions)
    {
        foreach (var b in bytes)
        {
            if (b == '\n')
            {
                TakeLine(revisions);
                _lineLength = 0;
            }
            else if (_lineLength < LineBytesKept)
            {
                _line[_lineLength++] = b;
            }
        }
    }

    private void TakeLine(List<long> revisions)
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _lineLength);
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
