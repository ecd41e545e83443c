using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Oracle;

namespace Cloudkeeper.Simulation.Invariants.Watches;

/// <summary>
/// The events of one watcher, against the committed log: every change that concerns it, once, in order, a transaction
/// whole or not at all (W1-W4), from wherever it resumes (W5), and all of it up to each revision of its progress (W6).
/// A silent loss of changes (W8) shows by that.
/// </summary>
internal sealed class ToldChanges(ChangeBook book, WatchInterest interest)
{
    private int _set;
    private int _change;
    private Revision _lastTold;
    private bool _isNew;

    /// <summary>It has all changes up to here, and needs none of them again.</summary>
    public Revision Position { get; private set; }

    /// <summary>A watch begins: only changes above this revision are for it.</summary>
    public void Begin(Revision from)
    {
        Position = _lastTold = from;
        _isNew = true;
    }

    public void Told(Revision revision, Change change)
    {
        if (revision <= Position)
        {
            throw Wrong("W2 told once", $"revision {revision} is sent to a watcher at {Position}: {change}");
        }

        FindPlace();
        SkipOthers();
        if (_set == book.Count || book[_set].Revision > revision)
        {
            throw Wrong("W1 told in order", $"revision {revision} has no such change, or it was sent before: {change}");
        }

        var expected = book[_set].Changes[_change];
        if (book[_set].Revision != revision || expected.Path != change.Path)
        {
            throw Wrong("W3 told of all", $"{change} of revision {revision} comes before {Next()}");
        }

        RequireSame(revision, expected, change);
        _change++;
        _lastTold = revision;
    }

    /// <summary>All changes up to here have been sent.</summary>
    public void Reached(Revision position)
    {
        FindPlace();
        SkipOthers();
        if (_set < book.Count && book[_set].Revision <= position)
        {
            throw Wrong("W3 told of all", $"has progress {position} without {Next()}");
        }

        if (position < Position || position < _lastTold)
        {
            throw Wrong("W6 marked behind what was told", $"has progress {position} after {_lastTold}, {Position}");
        }

        Position = position;
    }

    private static void RequireSame(Revision revision, Change expected, Change told)
    {
        var isSame = told.Type == expected.Type && told.Stat == expected.Stat && told.ContentType == expected.ContentType
            && (told.Value is { } value
                ? expected.Value is { } known && value.Span.SequenceEqual(known.Span)
                : (expected.Value?.Length ?? long.MaxValue) > Limits.FeedValueBytesMax);
        if (!isSame)
        {
            throw Wrong("W1 told in order", $"revision {revision} was {expected}, sent is {told}");
        }
    }

    /// <remarks>A watch may begin in the future: where that is shows when it has come.</remarks>
    private void FindPlace()
    {
        if (_isNew)
        {
            (_set, _change) = (book.IndexAbove(Position), 0);
            _isNew = _set == book.Count;
        }
    }

    private void SkipOthers()
    {
        for (; _set < book.Count; _set++, _change = 0)
        {
            var changes = book[_set].Changes;
            while (_change < changes.Count && !Concerns(changes[_change].Path))
            {
                _change++;
            }

            if (_change < changes.Count)
            {
                return;
            }
        }
    }

    /// <summary>Written once more, apart from the code under test.</summary>
    public bool Concerns(string path)
    {
        foreach (var target in interest.Targets)
        {
            var below = target.Path == "/" ? "/" : target.Path + "/";
            var isBelow = path.Length > 1 && path.StartsWith(below, StringComparison.Ordinal);
            if ((target.Scope != WatchScope.Children && path == target.Path)
                || (target.Scope == WatchScope.Subtree && isBelow)
                || (target.Scope == WatchScope.Children && isBelow && !path[below.Length..].Contains('/', StringComparison.Ordinal)))
            {
                return true;
            }
        }

        return false;
    }

    private string Next() => $"{book[_set].Changes[_change]} of revision {book[_set].Revision}";

    private static ViolationException Wrong(string invariant, string what) => new(invariant, $"a watcher {what}");
}
