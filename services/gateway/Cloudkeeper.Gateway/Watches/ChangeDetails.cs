using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>The data of events, with what the feed leaves out: large values, and those before.</summary>
internal sealed class ChangeDetails(ChangeReader changes, bool values, bool previous)
{
    /// <summary>Each may have two values of 1 MiB.</summary>
    private const int ReadsAtOnce = 16;

    /// <summary>The data of the first events of a list, in order.</summary>
    /// <returns>A null stands for an event whose details are gone from the history.</returns>
    public async ValueTask<IReadOnlyList<byte[]?>> JsonOfAsync(ArraySegment<WatchEvent> events)
    {
        var data = new byte[]?[Math.Min(events.Count, values || previous ? ReadsAtOnce : int.MaxValue)];
        List<Task>? reads = null;
        for (var i = 0; i < data.Length; i++)
        {
            if (IsComplete(events[i].Change))
            {
                data[i] = events[i].Json(values);
            }
            else
            {
                (reads ??= []).Add(ReadAsync(events[i], data, i));
            }
        }

        if (reads is not null)
        {
            await Task.WhenAll(reads);
        }

        return data;
    }

    private bool IsComplete(Change change) =>
        (!values || change.Type == ChangeType.Deleted || change.Value is not null)
        && (!previous || change.Type == ChangeType.Created);

    private async Task ReadAsync(WatchEvent item, byte[]?[] data, int index)
    {
        if (await changes.ReadAsync(item.Revision, item.Change) is { } full)
        {
            data[index] = WatchJson.Change(item.Revision, full, values, previous ? full.Previous : null);
        }
    }
}
