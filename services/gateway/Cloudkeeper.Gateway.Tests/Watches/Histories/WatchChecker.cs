using System.Text;
using System.Text.Json;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Tests.Watches.Histories;

/// <summary>
/// Compares the events of one watcher, over all its connections, with everything that has happened: each change in
/// order, once, complete, whole transactions between two ids, and nothing missing without a gap.
/// </summary>
internal sealed class WatchChecker(ChangeModel model, WatchInterest interest, bool values, bool previous)
{
    // Changes that a newer one of their path has replaced before they were sent: that one is still to come.
    private readonly Dictionary<string, long> _owed = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, JsonElement> _initial = new(StringComparer.Ordinal);

    // Until the first event of a stream from "now" it is known only between which two revisions that was.
    private long? _earliest;

    // Of the revision at Position + 1 or later that has come in part.
    private long _open;
    private int _openCount;
    private bool _inSnapshot;

    /// <summary>Everything up to here has been received: the last id, or where the watch began.</summary>
    public long Position { get; private set; }

    /// <summary>In the middle of a transaction or of a snapshot a watch cannot be resumed.</summary>
    public bool IsBetweenTransactions => _open == 0 && !_inSnapshot;

    /// <summary>The number of changes that were received.</summary>
    public int Count { get; private set; }

    public int Gaps { get; private set; }

    /// <summary>A connection from a known revision on, also one that resumes.</summary>
    public void Begin(long from) => Restart(from, from);

    /// <summary>A connection from "now", which was some time between these two.</summary>
    public void Begin(long earliest, long latest) => Restart(latest, earliest == latest ? null : earliest);

    /// <summary>A connection that begins with the present state.</summary>
    public void BeginWithSnapshot()
    {
        Restart(0, null);
        BeginSnapshot();
    }

    public void Take(WatchedEvent item)
    {
        switch (item.Name)
        {
            case "initial":
                Assert.True(_inSnapshot, $"{item} outside a snapshot");
                Assert.Null(item.Id);
                Assert.True(_initial.TryAdd(item.Path, item.Data), $"{item} twice");
                break;
            case "initial-end":
                EndSnapshot(item);
                break;
            case "gap":
                TakeGap(item);
                break;
            case "progress":
                TakeProgress(item);
                break;
            default:
                TakeChange(item);
                break;
        }
    }

    /// <summary>No event is missing any more, and everything up to a revision was received.</summary>
    public void End(long revision)
    {
        Assert.True(IsBetweenTransactions);
        Assert.True(Position >= revision, $"{Position} instead of {revision}");
        Assert.Empty(_owed);
    }

    private void Restart(long position, long? earliest)
    {
        Position = position;
        _earliest = earliest == position ? null : earliest;
        _open = 0;
        _openCount = 0;
        _inSnapshot = false;
    }

    private void BeginSnapshot()
    {
        _inSnapshot = true;
        _initial.Clear();
    }

    private void EndSnapshot(WatchedEvent item)
    {
        Assert.True(_inSnapshot);
        Assert.Equal(item.Revision, item.Id);
        var expected = model.StateAt(item.Revision, interest);
        if (!expected.ContainsKey(NodePath.Root))
        {
            // It was there before anything happened.
            _initial.Remove(NodePath.Root);
        }

        Assert.Equal(expected.Keys, _initial.Keys);
        foreach (var (path, change) in expected)
        {
            CheckNode(change, _initial[path]);
            Assert.Equal(change.Stat.ModifiedRevision.Value, _initial[path].GetProperty("revision").GetInt64());
        }

        Restart(item.Revision, null);
        _owed.Clear();
    }

    private void TakeGap(WatchedEvent item)
    {
        // Up to there nothing is missing, also where there was no event to send.
        var from = item.Data.GetProperty("from").GetInt64();
        Settle(from);
        Assert.True(from >= Position, $"{item} behind {Position}");
        Skip(from);
        Assert.True(item.Data.GetProperty("to").GetInt64() >= from);
        Assert.Null(item.Id);
        Gaps++;
        Restart(Position, null);
        BeginSnapshot();
    }

    private void TakeProgress(WatchedEvent item)
    {
        Assert.True(IsBetweenTransactions, $"{item} within something");
        Assert.Equal(item.Revision, item.Id);
        Settle(item.Revision);
        Assert.True(item.Revision >= Position, $"{item} behind {Position}");
        Skip(item.Revision);
        Position = item.Revision;
    }

    private void TakeChange(WatchedEvent item)
    {
        Assert.False(_inSnapshot, $"{item} within a snapshot");
        Settle(item.Revision - 1);
        Assert.True(item.Revision > Position, $"{item} again, or out of order: behind {Position}");
        Assert.True(_open == 0 || _open == item.Revision, $"{item} within {_open}");
        Skip(item.Revision - 1);
        var changes = model.Between(item.Revision - 1, item.Revision, interest);
        if (interest.LatestOnly)
        {
            SkipTo(item, changes);
        }

        Assert.True(_openCount < changes.Count, $"{item} has not happened");
        var change = changes[_openCount++].Change;
        Assert.Equal((NameOf(change.Type), change.Path), (item.Name, item.Path));
        CheckNode(change, item.Data);
        CheckPrevious(change, item.Data);
        _owed.Remove(change.Path);
        _open = item.Revision;
        Count++;
        var isLast = _openCount == changes.Count;
        Assert.True(interest.LatestOnly || isLast == item.Id is not null, $"{item}: its id does not end the transaction");
        if (item.Id is { } id)
        {
            Assert.Equal(item.Revision, id);
            Skip(changes[_openCount..]);
            Restart(id, null);
        }
    }

    /// <summary>The first item of a stream from "now" gives the latest revision at which that can have been.</summary>
    private void Settle(long revision)
    {
        if (_earliest is { } earliest)
        {
            Assert.True(revision >= earliest, $"{revision} is before {earliest}, when the watch was asked for");
            Position = Math.Min(Position, revision);
            _earliest = null;
        }
    }

    /// <summary>Passes over whole revisions without an event.</summary>
    private void Skip(long upTo)
    {
        if (upTo > Position && _open == 0)
        {
            Skip(model.Between(Position, upTo, interest));
            Position = upTo;
        }
    }

    private void Skip(List<(long Revision, Change Change)> changes)
    {
        foreach (var (revision, change) in changes)
        {
            Assert.True(interest.LatestOnly, $"{change.Type} {change.Path} at {revision} is lost");
            _owed[change.Path] = revision;
        }
    }

    private void SkipTo(WatchedEvent item, List<(long Revision, Change Change)> changes)
    {
        var at = changes.FindIndex(_openCount, it => it.Change.Path == item.Path);
        Assert.True(at >= 0, $"{item} has not happened, or is out of order");
        Skip(changes[_openCount..at]);
        _openCount = at;
    }

    private static string NameOf(ChangeType type) => type switch
    {
        ChangeType.Created => "created",
        ChangeType.Changed => "changed",
        _ => "deleted",
    };

    private void CheckNode(Change change, JsonElement data)
    {
        if (change.Type == ChangeType.Deleted)
        {
            Assert.False(data.TryGetProperty("version", out _) || data.TryGetProperty("value", out _));
            return;
        }

        Assert.Equal(change.Stat.Version, data.GetProperty("version").GetInt32());
        Assert.Equal(change.ContentType, data.GetProperty("contentType").GetString());
        Assert.Equal(values, data.TryGetProperty("value", out var value));
        Assert.True(!values || value.GetString() == Encoding.UTF8.GetString(change.Value!.Value.Span), $"{change.Path}: wrong value");
    }

    private void CheckPrevious(Change change, JsonElement data)
    {
        Assert.Equal(previous && change.Previous is not null, data.TryGetProperty("previous", out var before));
        if (previous && change.Previous is { } known)
        {
            Assert.Equal(known.Version, before.GetProperty("version").GetInt32());
            Assert.True(before.GetProperty("value").GetString() == Encoding.UTF8.GetString(known.Value.Span), $"{change.Path}: wrong value before");
        }
    }
}
