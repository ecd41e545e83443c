using Cloudkeeper.Protocol;
using Cloudkeeper.Tree.Collections;

namespace Cloudkeeper.Tree.ExactlyOnce;

/// <summary>The lanes. One that is idle for long is dropped; its gateway finds out and opens another.</summary>
internal sealed class LaneTable(StateMachineOptions options, StateDigest digest)
{
    public const long IdleMillisecondsMax = 15 * 60 * 1_000;

    /// <summary>A lane that was used within this time is not dropped to make room.</summary>
    public const long IdleMillisecondsMin = 60 * 1_000;

    private const long SweepMilliseconds = 10 * 1_000;

    private readonly BlockList<long, Lane, LaneOrder> _lanes = new();

    /// <summary>The largest id that was given out.</summary>
    public long LastId { get; set; }

    /// <summary>Is notified of a lane before it changes.</summary>
    public SnapshotCursor? Snapshot { get; set; }

    public Lane? Find(LaneId id) => _lanes.Find(id.Value);

    public BlockList<long, Lane, LaneOrder>.Cursor After(LaneId id) => _lanes.After(id.Value);

    /// <summary>Null when there is no room. Ids are log indexes; several lanes of one entry take the next ones.</summary>
    public Lane? Open(long index, long time)
    {
        if (_lanes.Count >= options.LanesMax && !TryMakeRoom(time))
        {
            return null;
        }

        LastId = Math.Max(index, LastId + 1);
        var lane = new Lane(new LaneId(LastId)) { LastUsedAt = time, LastUsedIndex = index };
        Add(lane);
        return lane;
    }

    public void Add(Lane lane)
    {
        _lanes.Add(lane);
        digest.Add(lane.ComputeHash());
        foreach (var entry in lane.Results)
        {
            digest.Add(entry.ComputeHash(lane.Id));
        }
    }

    /// <summary>Marks the lane used and forgets the results that its gateway has.</summary>
    public void Use(Lane lane, long index, long time, long firstPending)
    {
        Snapshot?.Preserve(lane);
        digest.Remove(lane.ComputeHash());
        lane.LastUsedIndex = index;
        lane.LastUsedAt = time;
        lane.FirstPending = Math.Max(lane.FirstPending, firstPending);
        digest.Add(lane.ComputeHash());

        var confirmed = lane.CountBefore(lane.FirstPending);
        for (var i = 0; i < confirmed; i++)
        {
            digest.Remove(lane.Results[i].ComputeHash(lane.Id));
        }

        lane.DropFirst(confirmed);
    }

    public bool HasRoom(Lane lane) =>
        lane.Results.Count < options.LaneResultsMax && lane.SizeBytes < options.LaneBytesMax;

    public void AddResult(Lane lane, LaneResultEntry entry)
    {
        lane.Add(entry);
        digest.Add(entry.ComputeHash(lane.Id));
    }

    /// <summary>Drops idle lanes. Looks at them only when the retention clock passes a multiple of ten seconds.</summary>
    public void Forget(long before, long now)
    {
        if (before / SweepMilliseconds == now / SweepMilliseconds)
        {
            return;
        }

        var idle = new List<Lane>();
        foreach (var lane in _lanes)
        {
            if (lane.LastUsedAt + IdleMillisecondsMax <= now)
            {
                idle.Add(lane);
            }
        }

        idle.ForEach(Remove);
    }

    /// <summary>Drops all; the next lane has a larger id than <paramref name="lastId"/>.</summary>
    public void Clear(long lastId)
    {
        var all = new List<Lane>();
        foreach (var lane in _lanes)
        {
            all.Add(lane);
        }

        all.ForEach(Remove);
        LastId = lastId;
    }

    private bool TryMakeRoom(long time)
    {
        Lane? oldest = null;
        foreach (var lane in _lanes)
        {
            if (oldest is null || lane.LastUsedAt < oldest.LastUsedAt)
            {
                oldest = lane;
            }
        }

        if (oldest is null || oldest.LastUsedAt + IdleMillisecondsMin > time)
        {
            return false;
        }

        Remove(oldest);
        return true;
    }

    private void Remove(Lane lane)
    {
        Snapshot?.Preserve(lane);
        _lanes.Remove(lane.Id.Value);
        digest.Remove(lane.ComputeHash());
        foreach (var entry in lane.Results)
        {
            digest.Remove(entry.ComputeHash(lane.Id));
        }
    }
}
