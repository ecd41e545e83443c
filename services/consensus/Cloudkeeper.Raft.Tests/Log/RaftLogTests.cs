using Cloudkeeper.Raft.Log;

namespace Cloudkeeper.Raft.Tests.Log;

/// <summary>The log against a plain list that never forgets.</summary>
public sealed class RaftLogTests
{
    private readonly List<LogEntry> _twin = [];
    private readonly RaftLog _log = new();
    private readonly Random _random = new(1);
    private long _compacted;
    private Term _term = new(1);

    [Fact]
    public void The_log_agrees_with_a_list()
    {
        for (var i = 0; i < 20_000; i++)
        {
            Change();
            Assert.Equal(_twin.Count, _log.LastIndex.Value);
            Assert.Equal(_compacted + 1, _log.FirstIndex.Value);
            CheckTerms();
            CheckSlice();
            CheckHint();
            CheckTail();
        }

        Assert.True(_twin.Count > 1000 && _compacted > 1000);
    }

    /// <summary>Bug B-07: the term decides, the length only among equal terms.</summary>
    [Fact]
    public void Logs_are_compared_by_term_first()
    {
        Append(3);
        for (var term = 0; term < 4; term++)
        {
            for (var index = 0; index < 6; index++)
            {
                var expected = (term, index).CompareTo(((int)_log.LastTerm.Value, (int)_log.LastIndex.Value)) >= 0;
                Assert.Equal(expected, _log.IsUpToDate(new LogIndex(index), new Term(term)));
            }
        }
    }

    [Fact]
    public void A_gap_on_disk_is_not_loaded()
    {
        var entries = new[] { Entry(1, 1), Entry(3, 1) };
        var state = new RecoveredState(new HardState(new Term(1), null, LogIndex.Zero), null, entries);
        Assert.Throws<InvariantViolationException>(() => new RaftLog().Recover(state));
    }

    /// <summary>
    /// Bug B-45: a commit index is only written over durable entries, so fewer of them are lost ones.
    /// </summary>
    [Fact]
    public void A_log_that_ends_before_its_commit_index_is_not_loaded()
    {
        var state = new RecoveredState(new HardState(new Term(1), null, new LogIndex(2)), null, [Entry(1, 1)]);
        Assert.Throws<InvariantViolationException>(() => new RaftLog().Recover(state));
    }

    [Theory]
    [InlineData("6 7", 6, 7)] // Right behind the snapshot.
    [InlineData("1 2 3 4 5 6 7", 1, 7)] // All there ever was.
    [InlineData("3 4 5 6 7", 4, 7)] // What precedes the first entry is unknown: it becomes the last forgotten one.
    [InlineData("5 6", 6, 6)]
    [InlineData("", 6, 5)]
    [InlineData("1 2 3", 6, 5)] // A snapshot was received, the log not yet replaced.
    public void The_log_of_a_member_with_a_snapshot_begins_where_it_can(string entries, int first, int last)
    {
        var recovered = entries.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(i => Entry(int.Parse(i, System.Globalization.CultureInfo.InvariantCulture), 1));
        var snapshot = new SnapshotMetadata(new LogIndex(5), new Term(1), Membership.Empty);
        var log = new RaftLog();
        log.Recover(new RecoveredState(new HardState(new Term(1), null, new LogIndex(3)), snapshot, [.. recovered]));
        Assert.Equal((first, last, 5L), (log.FirstIndex.Value, log.LastIndex.Value, log.Commit.Value));
        Assert.True(log.Contains(new LogIndex(5), new Term(1)));
    }

    [Fact]
    public void A_log_that_contradicts_the_snapshot_is_void()
    {
        var snapshot = new SnapshotMetadata(new LogIndex(2), new Term(3), Membership.Empty);
        var log = new RaftLog();
        var entries = new[] { Entry(1, 1), Entry(2, 2), Entry(3, 2) };
        var state = new RecoveredState(new HardState(new Term(3), null, LogIndex.Zero), snapshot, entries);
        Assert.False(log.Recover(state));
        Assert.Equal(2, log.LastIndex.Value);
        Assert.False(log.Contains(new LogIndex(2), new Term(2)));
    }

    private static LogEntry Entry(long index, long term) =>
        new(new LogIndex(index), new Term(term), EntryKind.Command, new byte[index % 50]);

    private void Change()
    {
        switch (_random.Next(10))
        {
            case < 6:
                Append(_random.Next(1, 8));
                break;
            case 6 when _log.LastIndex > _log.Commit:
                var from = _random.Next((int)_log.Commit.Value, _twin.Count) + 1;
                _twin.RemoveRange(from - 1, _twin.Count - from + 1);
                _log.TruncateFrom(new LogIndex(from));
                break;
            case 7:
                _log.CommitTo(new LogIndex(_random.NextInt64(_log.Commit.Value, _twin.Count + 1)));
                break;
            case 8 when _log.Commit.Value > _compacted:
                Compact();
                break;
        }
    }

    private void Append(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _term = _random.Next(5) == 0 ? _term.Next() : _term;
            var entry = Entry(_twin.Count + 1, _term.Value);
            _twin.Add(entry);
            _log.Append(entry);
        }
    }

    private void Compact()
    {
        var index = new LogIndex(_random.NextInt64(_compacted + 1, _log.Commit.Value + 1));
        var snapshot = new SnapshotMetadata(index, _twin[(int)index.Value - 1].Term, Membership.Empty);
        if (snapshot.Index >= (_log.Snapshot?.Index ?? LogIndex.Zero))
        {
            _compacted = _random.NextInt64(_compacted, index.Value + 1);
            _log.Compact(snapshot, new LogIndex(_compacted + 1));
        }
    }

    private void CheckTerms()
    {
        var index = _random.NextInt64(0, _twin.Count + 3);

        // Unknown is not zero: a forgotten entry has no term here (bug B-19).
        var isKnown = index >= _compacted && index <= _twin.Count;
        Assert.Equal(isKnown, _log.TryTermAt(new LogIndex(index), out var term));
        if (isKnown)
        {
            Assert.Equal(index == 0 ? default : _twin[(int)index - 1].Term, term);
        }
    }

    private void CheckSlice()
    {
        if (_compacted == _twin.Count)
        {
            return;
        }

        var from = _random.Next((int)_compacted, _twin.Count);
        var through = Math.Min(_twin.Count, from + _random.Next(20));
        var bytesMax = _random.Next(400);
        var expected = new List<LogEntry>();
        foreach (var entry in _twin.Skip(from).Take(through - from))
        {
            if (expected.Count > 0 && expected.Sum(e => e.Size) + entry.Size > bytesMax)
            {
                break;
            }

            expected.Add(entry);
        }

        Assert.Equal(expected, _log.Slice(new LogIndex(from + 1), new LogIndex(through), bytesMax));
        Assert.Equal(
            _twin.Skip(from).Take(through - from).Sum(e => (long)e.Size),
            _log.BytesBetween(new LogIndex(from), new LogIndex(through)));
    }

    private void CheckTail()
    {
        var through = _random.NextInt64(_compacted, _twin.Count + 1);
        var (countMax, bytesMax) = (_random.NextInt64(20), _random.NextInt64(1000));
        var expected = through + 1;
        var bytes = 0L;
        while (expected - 1 > _compacted
            && through - (expected - 1) < countMax
            && bytes + _twin[(int)expected - 2].Size <= bytesMax)
        {
            expected--;
            bytes += _twin[(int)expected - 1].Size;
        }

        Assert.Equal(expected, _log.TailFrom(new LogIndex(through), countMax, bytesMax).Value);
    }

    private void CheckHint()
    {
        var limit = _random.Next((int)_compacted, _twin.Count + 3);
        var term = new Term(_random.NextInt64(_term.Value + 2));
        var expected = Math.Min(limit, _twin.Count);
        while (expected > _compacted && _twin[expected - 1].Term > term)
        {
            expected--;
        }

        Assert.Equal(expected, _log.LastIndexOfTermAtMost(new LogIndex(limit), term).Value);
    }
}
