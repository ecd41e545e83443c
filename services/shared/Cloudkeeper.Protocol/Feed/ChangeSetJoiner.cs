using Cloudkeeper.Protocol.Wire;

namespace Cloudkeeper.Protocol.Feed;

/// <summary>
/// Joins the parts of one stream to the change sets that they were cut from. A stream that ends within them takes them along:
/// the next one has a joiner of its own, and brings the set anew.
/// </summary>
/// <param name="bytesMax">See <see cref="BytesMax"/>. Lower in tests only.</param>
public sealed class ChangeSetJoiner(long bytesMax = ChangeSetJoiner.BytesMax)
{
    /// <summary>
    /// Most bytes of the parts of one set; more is refused. The largest sets stay below that: the largest deletion
    /// (<see cref="Limits.DeletedNodesMax"/>, <see cref="Limits.DeletedPathCharsMax"/>, longest content types) takes 150 MiB, the
    /// end of the fullest session (<see cref="Limits.EphemeralsMax"/>, longest paths) 130 MiB.
    /// </summary>
    public const long BytesMax = 256L << 20;

    private readonly List<Change> _changes = [];
    private readonly List<SessionId> _endedSessions = [];
    private readonly List<string> _touchedParents = [];
    private ChangeSet? _set;
    private int _next;
    private long _bytes;

    /// <summary>Parts have come, and more of them are due.</summary>
    public bool IsWithin => _set is not null;

    /// <param name="bytes">Of the frame.</param>
    /// <returns>The frame, or the whole set with its last part; null: more of it is to come.</returns>
    /// <exception cref="WireFormatException">
    /// Not the frame that has to come next. The stream is to be closed.
    /// </exception>
    public FeedFrame? Take(FeedFrame frame, int bytes)
    {
        if (frame is not ChangeSetPartFrame part)
        {
            return _set is null
                ? frame
                : throw new WireFormatException($"A {frame.GetType().Name} where part {_next} of revision {_set.Revision} is due.");
        }

        Require(part);
        _set ??= part.Part;
        _next++;
        _bytes += bytes;
        if (_bytes > bytesMax)
        {
            throw new WireFormatException($"Revision {_set.Revision} has parts of more than {bytesMax} bytes.");
        }

        _changes.AddRange(part.Part.Changes);
        _endedSessions.AddRange(part.Part.EndedSessions);
        _touchedParents.AddRange(part.Part.TouchedParents);
        return part.IsLast ? new ChangeSetFrame(TakeAll(_set)) : null;
    }

    private void Require(ChangeSetPartFrame part)
    {
        var (previous, revision, time) = (part.Part.Previous, part.Part.Revision, part.Part.Time);
        if (part.Index != _next || (_set is { } set && (set.Previous, set.Revision, set.Time) != (previous, revision, time)))
        {
            var due = _set is null ? "a first part" : $"part {_next} of revision {_set.Revision}";
            throw new WireFormatException($"Part {part.Index} of revision {revision} where {due} is due.");
        }
    }

    private ChangeSet TakeAll(ChangeSet set)
    {
        var whole = set with
        {
            Changes = [.. _changes],
            EndedSessions = [.. _endedSessions],
            TouchedParents = [.. _touchedParents],
        };
        _changes.Clear();
        _changes.TrimExcess();
        _endedSessions.Clear();
        _touchedParents.Clear();
        (_set, _next, _bytes) = (null, 0, 0);
        return whole;
    }
}
