using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage;

/// <content>How a log comes to life: all is judged before anything is changed.</content>
public sealed partial class RaftLogStore
{
    /// <summary>Recovers the log, or begins it.</summary>
    /// <param name="newest">The result of <see cref="SnapshotStore.FindNewest"/>.</param>
    /// <exception cref="StorageCorruptedException">
    /// Nothing has been changed on disk; the exception states the remedy.
    /// </exception>
    /// <exception cref="StorageFullException">No room for the writes of the opening.</exception>
    public static RaftLogStore Open(
        IFileSystem files,
        LogStoreOptions options,
        SnapshotMetadata? newest,
        out RecoveredState recovered)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(options);
        LogStoreOptions.Validate(options);

        var recovery = new LogRecovery(files, options);
        try
        {
            recovery.Read();
            var store = recovery.Segments.Count == 0
                ? Create(files, options, newest)
                : Continue(files, options, newest, recovery);
            recovered = new RecoveredState(CommittedThrough(newest, store.HardState), newest, recovery.Entries);
            return store;
        }
        catch
        {
            recovery.Segments.ForEach(s => s.Dispose());
            throw;
        }
    }

    /// <summary>The state that <see cref="Open"/> would recover. Changes nothing on disk.</summary>
    /// <exception cref="StorageCorruptedException">As <see cref="Open"/>; also when there is no log.</exception>
    public static RecoveredState Inspect(
        IFileSystem files,
        LogStoreOptions options,
        SnapshotMetadata? newest,
        out LogRecoveryReport report)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(options);
        LogStoreOptions.Validate(options);

        var recovery = new LogRecovery(files, options);
        try
        {
            recovery.Read();
            if (recovery.Segments.Count == 0)
            {
                throw NoLog();
            }

            var restarts = recovery.JoinWith(newest);
            report = ReportOf(recovery, restarts);
            return new RecoveredState(CommittedThrough(newest, recovery.State.HardState), newest, recovery.Entries);
        }
        finally
        {
            recovery.Segments.ForEach(s => s.Dispose());
        }
    }

    /// <summary>A snapshot is committed by its nature, whether or not the hard state has it.</summary>
    /// <remarks>
    /// Given to Raft, but not taken for the state of the log: the header of the next segment repeats that state, and
    /// must not have more than the records before it do.
    /// </remarks>
    private static HardState CommittedThrough(SnapshotMetadata? newest, HardState state) =>
        newest is not null && state.Commit < newest.Index ? state with { Commit = newest.Index } : state;

    private static RaftLogStore Create(IFileSystem files, LogStoreOptions options, SnapshotMetadata? newest)
    {
        if (!options.MayCreate)
        {
            throw NoLog();
        }

        files.DeleteTemporary(Segment.TemporaryPrefix);
        var state = new LogState(
            new HardState(newest?.Term ?? default, Vote: null, newest?.Index ?? default),
            newest?.Index ?? default);
        var spare = new SpareSegment(files, number: 0, options.SegmentBytes);
        var segment = spare.Publish(options.ClusterId, sequence: 1, previousEnd: 0, state);
        return new RaftLogStore(files, options, segment, state) { Recovery = new LogRecoveryReport(0, 0, null, false) };
    }

    private static RaftLogStore Continue(
        IFileSystem files,
        LogStoreOptions options,
        SnapshotMetadata? newest,
        LogRecovery recovery)
    {
        var restarts = recovery.JoinWith(newest);
        var active = recovery.Segments[^1];
        files.DeleteTemporary(Segment.TemporaryPrefix);
        WriteZeros(active.File, active.End, recovery.DirtyEnd);

        // The bytes may so far be only in the page cache of a process that was killed, or, worse, was ended by
        // a failed sync: then the kernel takes the pages for clean and would not write them again (bug B-42).
        // Nothing may be built on them before they are durable, the names included.
        Rewrite(active.File, recovery.DurableEnd, active.End);
        active.File.FullSync();
        files.SyncDirectory();

        var store = new RaftLogStore(files, options, active, recovery.State)
        {
            Recovery = ReportOf(recovery, restarts),
        };
        foreach (var segment in recovery.Segments.SkipLast(1))
        {
            segment.Dispose();
            store._closed.Enqueue(new ClosedSegment(segment.Name, segment.End, segment.LargestIndex));
        }

        if (restarts)
        {
            store.RestartBehind(newest!);
        }

        return store;
    }

    private static StorageCorruptedException NoLog() =>
        new(Segment.NameOf(1), 0, "there is no log, although this node has had one");

    private static LogRecoveryReport ReportOf(LogRecovery recovery, bool restarts)
    {
        var last = recovery.Segments[^1];
        var tail = recovery.DirtyEnd - last.End;
        var cut = tail > 0 ? new TornTail(last.Name, last.End, tail) : null;
        return new LogRecoveryReport(recovery.Segments.Count, recovery.Records, cut, restarts);
    }

    private static void Rewrite(IStorageFile file, long from, long to)
    {
        var buffer = new byte[Math.Min(to - from, Zeros.Length)];
        for (var offset = from; offset < to; offset += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - offset));
            var read = file.Read(offset, part);
            Invariant.Require(read == part.Length);
            file.Write(offset, part);
        }
    }

    /// <summary>Restarts the log behind a snapshot that was stored just before a crash.</summary>
    private void RestartBehind(SnapshotMetadata snapshot)
    {
        // The snapshot proves its term. No vote was given in it: a vote would have been stored with the term.
        var hardState = HardState.Term < snapshot.Term
            ? new HardState(snapshot.Term, Vote: null, snapshot.Index)
            : HardState with { Commit = snapshot.Index };
        Append(new RaftWrite(0, hardState, snapshot, []));
        Sync();
    }
}
