using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.ExactlyOnce;

/// <summary>One gateway's stream of commands, with the results that it has not yet confirmed.</summary>
internal sealed class Lane(LaneId id)
{
    // In the order of the serials, which is nearly always the order of arrival.
    private readonly List<LaneResultEntry> _results = [];

    public LaneId Id { get; } = id;

    /// <summary>When its last batch came, by the retention clock.</summary>
    public long LastUsedAt { get; set; }

    /// <summary>Index of the log entry of its last batch: tells a snapshot whether the lane has changed since it began.</summary>
    public long LastUsedIndex { get; set; }

    public long FirstPending { get; set; }

    public IReadOnlyList<LaneResultEntry> Results => _results;

    /// <summary>Of the results, estimated.</summary>
    public long SizeBytes { get; private set; }

    public CommandResult? Find(long serial)
    {
        var index = IndexOf(serial);
        return index < _results.Count && _results[index].Serial == serial ? _results[index].Result : null;
    }

    public void Add(LaneResultEntry entry)
    {
        _results.Insert(IndexOf(entry.Serial), entry);
        SizeBytes += ResultSize.Of(entry.Result);
    }

    /// <summary>How many results are before <paramref name="serial"/>.</summary>
    public int CountBefore(long serial) => IndexOf(serial);

    public void DropFirst(int count)
    {
        for (var i = 0; i < count; i++)
        {
            SizeBytes -= ResultSize.Of(_results[i].Result);
        }

        _results.RemoveRange(0, count);
    }

    public ulong ComputeHash()
    {
        var hash = new RecordHash(RecordKind.Lane);
        hash.Add(Id.Value);
        hash.Add(LastUsedAt);
        hash.Add(LastUsedIndex);
        hash.Add(FirstPending);
        return hash.Value;
    }

    public Lane Copy()
    {
        var copy = new Lane(Id) { LastUsedAt = LastUsedAt, LastUsedIndex = LastUsedIndex, FirstPending = FirstPending };
        copy._results.AddRange(_results);
        return copy;
    }

    // The first index whose serial is not smaller.
    private int IndexOf(long serial)
    {
        var low = 0;
        var high = _results.Count;
        if (high > 0 && _results[^1].Serial < serial)
        {
            return high;
        }

        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_results[middle].Serial < serial)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}

internal readonly record struct LaneResultEntry(long Serial, CommandResult Result)
{
    // The bodies follow from the same commands on every replica; the codes and revisions give a difference away.
    public ulong ComputeHash(LaneId lane)
    {
        var hash = new RecordHash(RecordKind.LaneResult);
        hash.Add(lane.Value);
        hash.Add(Serial);
        hash.Add((ulong)Result.Code);
        hash.Add(Result.Revision.Value);
        return hash.Value;
    }
}

internal readonly struct LaneOrder : IBlockOrder<long, Lane>
{
    public static int Compare(long key, Lane item) => key.CompareTo(item.Id.Value);

    public static long KeyOf(Lane item) => item.Id.Value;
}
