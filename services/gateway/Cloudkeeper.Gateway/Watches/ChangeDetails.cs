using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Redis;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches;

/// <summary>The parts of changes that the feed leaves out: large values, and earlier ones.</summary>
internal readonly struct ChangeDetails(ChangeReader changes, bool values, bool previous)
{
    /// <summary>Each may have two values of 1 MiB.</summary>
    private const int ReadsAtOnce = 16;

    /// <summary>How many events' details are read at a time.</summary>
    public int CountMax => values || previous ? ReadsAtOnce : int.MaxValue;

    /// <summary>Whether a change came with all that the watcher wants of it.</summary>
    public bool IsComplete(Change change) =>
        (!values || change.Type == ChangeType.Deleted || change.Value is not null)
        && (!previous || change.Type == ChangeType.Created);

    /// <summary>Fetches the missing parts of some of the events.</summary>
    /// <returns>By place; null where nothing was missing, and where the details are gone from the history. Null: all complete.</returns>
    public async ValueTask<Change?[]?> ReadAsync(IReadOnlyList<WatchEvent> events, int start, int count)
    {
        Change?[]? all = null;
        List<Task>? reads = null;
        for (var i = 0; i < count; i++)
        {
            if (!IsComplete(events[start + i].Change))
            {
                all ??= new Change?[count];
                (reads ??= []).Add(ReadAsync(events[start + i], all, i));
            }
        }

        if (reads is not null)
        {
            await Task.WhenAll(reads);
        }

        return all;
    }

    private async Task ReadAsync(WatchEvent item, Change?[] all, int index) =>
        all[index] = await changes.ReadAsync(item.Revision, item.Change) is { } found && HasDetails(found) ? found : null;

    /// <summary>A node may have lost one of the values, which is no loss to a watcher that wants the other.</summary>
    private bool HasDetails(Change found) =>
        (!values || found.Type == ChangeType.Deleted || found.Value is not null)
        && (!previous || found.Type == ChangeType.Created || found.Previous is not null);
}
