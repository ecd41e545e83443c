using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage.Tests;

/// <summary>
/// A random but reproducible life of a log and its snapshots, with a record of what may be found after a crash.
/// </summary>
internal sealed class History(int seed, IFileSystem files)
{
    private readonly Random _random = new(seed);
    private readonly List<SnapshotMetadata> _snapshots = [];
    private SnapshotStore _store = new(files, Make.Cluster);
    private RaftLogStore? _log;
    private SnapshotMetadata? _snapshotUnderWay;
    private LogModel _now = LogModel.Empty;
    private long _committed;

    /// <summary>The log after each write so far, the one under way included.</summary>
    public List<LogModel> States { get; } = [LogModel.Empty];

    /// <summary>The first of <see cref="States"/> that a crash may lead back to.</summary>
    public int Synced { get; private set; }

    public void Run(int steps)
    {
        Reopen();
        for (var i = 0; i < steps; i++)
        {
            Step();
        }

        _log!.Dispose();
    }

    /// <summary>Fails unless the recovered state is one that this history allows.</summary>
    public void Check(RecoveredState recovered)
    {
        var newest = _snapshots.LastOrDefault();
        Assert.True(
            recovered.Snapshot == newest || (_snapshotUnderWay is not null && recovered.Snapshot == _snapshotUnderWay),
            $"snapshot {recovered.Snapshot?.Index} found instead of {newest?.Index}");
        Assert.True(
            States.Skip(Synced).Any(s => s.JoinedWith(recovered.Snapshot).Matches(recovered)),
            $"{Make.Describe(recovered)} is none of the states since the last sync");
    }

    private void Step()
    {
        switch (_random.Next(12))
        {
            case <= 3:
                AppendEntries();
                break;
            case 4:
                ReplaceEntries();
                break;
            case 5:
                Append(Make.Write(State(_now.HardState.Term.Value + 1, vote: _random.Next(1, 4))));
                break;
            case 6:
                Commit();
                Append(Make.Write(State(commit: _committed)));
                break;
            case 7:
                var bytes = _random.Next(8 << 10);
                WithRoom(() => _log!.EnsureSpace(bytes));
                break;
            case 8 when _random.Next(2) == 0:
                Compact();
                break;
            case 9 when _random.Next(3) == 0:
                InstallSnapshot();
                break;
            case 10 when _random.Next(3) == 0:
                _log!.Dispose();
                Reopen();
                break;
            default:
                Sync();
                break;
        }
    }

    private HardState State(long? term = null, long? commit = null, int? vote = null) => Make.State(
        term ?? _now.HardState.Term.Value,
        commit ?? _now.HardState.Commit.Value,
        vote ?? (term is null ? _now.HardState.Vote?.Value : null));

    private void AppendEntries()
    {
        var state = _now.HardState.Term.Value == 0 ? State(term: 1) : (HardState?)null;
        var first = _now.LastIndex + 1;
        Append(Make.Write(state, NewEntries(first, state?.Term.Value ?? _now.HardState.Term.Value)));
    }

    private void ReplaceEntries()
    {
        var first = _random.NextInt64(_committed, _now.LastIndex + 1) + 1;
        var term = _now.HardState.Term.Value + 1;
        Append(Make.Write(State(term), NewEntries(first, term)));
    }

    private LogEntry[] NewEntries(long first, long term) =>
        [.. Enumerable.Range(0, _random.Next(1, 4)).Select(i => Make.Entry(first + i, term, NewPayload()))];

    private byte[] NewPayload()
    {
        var payload = new byte[_random.Next(2) == 0 ? _random.Next(3000) : _random.Next(40)];
        _random.NextBytes(payload);
        return payload;
    }

    private void Append(RaftWrite write)
    {
        _now = _now.After(write);
        States.Add(_now);
        WithRoom(() => _log!.Append(write));
    }

    /// <summary>When the disk is full nothing has changed, so the same may be tried again when there is room.</summary>
    private static void WithRoom(Action action)
    {
        try
        {
            action();
        }
        catch (StorageFullException)
        {
            action();
        }
    }

    private void Sync()
    {
        _log!.Sync();
        Synced = States.Count - 1;
    }

    /// <summary>Raft may know more committed than the hard state on disk has.</summary>
    private void Commit() => _committed = _random.NextInt64(_committed, _now.LastIndex + 1);

    private void Compact()
    {
        Commit();
        if (_committed <= (_snapshots.LastOrDefault()?.Index.Value ?? 0))
        {
            return;
        }

        // What is applied, and therefore in a snapshot, need not be durable here: a quorum of others is enough.
        StoreSnapshot(Make.Snapshot(_committed, _now.Entries[(int)(_committed - _now.Base - 1)].Term.Value));
        _log!.Compact(new LogIndex(_committed + 1 - _random.Next(3)));
        Synced = States.Count - 1;
        _store.Purge(2);
    }

    private void InstallSnapshot()
    {
        var term = Math.Max(1, _now.HardState.Term.Value);
        var snapshot = Make.Snapshot(_now.LastIndex + _random.Next(1, 5), term);
        StoreSnapshot(snapshot);
        _committed = snapshot.Index.Value;
        var state = State(term, _committed, _now.HardState.Vote?.Value);
        Append(new RaftWrite(0, state, snapshot, []));
        Sync();
    }

    private void StoreSnapshot(SnapshotMetadata snapshot)
    {
        _snapshotUnderWay = snapshot;
        var block = new string('x', _random.Next(1, 2000));
        WithRoom(() => Make.StoreSnapshot(_store, snapshot, "first block", block));
        _snapshots.Add(snapshot);
        _snapshotUnderWay = null;
    }

    /// <summary>Opening makes everything durable that it has found.</summary>
    private void Reopen()
    {
        _store = new SnapshotStore(files, Make.Cluster);
        WithRoom(() =>
        {
            _log = RaftLogStore.Open(files, Make.Options, _store.FindNewest(), out var recovered);
            Check(recovered);
        });
        Synced = States.Count - 1;
    }
}
