using System.Globalization;
using System.Text;
using Cloudkeeper.Raft;

namespace Cloudkeeper.Storage.Tests;

/// <summary>Short names for what the tests write.</summary>
internal static class Make
{
    public static readonly Guid Cluster = new("5d9c7a52-6a0f-4a3e-9a55-0d6a4f1f3c11");

    public static readonly LogStoreOptions Options = new()
    {
        ClusterId = Cluster,
        SegmentBytes = 4 << 10,
        ZeroAheadBytes = 0,
        MayCreate = true,
    };

    public static readonly Membership Membership = new(
    [
        new Member(new NodeId(1), "http://127.0.0.1:7001", IsVoter: true),
        new Member(new NodeId(2), "http://127.0.0.1:7002", IsVoter: true, IsOutgoingVoter: true),
        new Member(new NodeId(3), "http://127.0.0.1:7003", IsVoter: false),
    ]);

    public static HardState State(long term, long commit = 0, int? vote = null) =>
        new(new Term(term), vote is { } v ? new NodeId(v) : null, new LogIndex(commit));

    public static LogEntry Entry(long index, long term, string? payload = null) => Entry(
        index, term, Encoding.UTF8.GetBytes(payload ?? string.Create(CultureInfo.InvariantCulture, $"{index}@{term}")));

    public static LogEntry Entry(long index, long term, byte[] payload) =>
        new(new LogIndex(index), new Term(term), EntryKind.Command, payload);

    public static RaftWrite Write(HardState? state, params LogEntry[] entries) => new(0, state, null, entries);

    public static RaftWrite Entries(params LogEntry[] entries) => new(0, null, null, entries);

    public static SnapshotMetadata Snapshot(long index, long term) =>
        new(new LogIndex(index), new Term(term), Membership);

    public static RaftLogStore Open(IFileSystem files, out RecoveredState recovered, LogStoreOptions? options = null) =>
        RaftLogStore.Open(files, options ?? Options, new SnapshotStore(files, Cluster).FindNewest(), out recovered);

    public static RaftLogStore Open(IFileSystem files) => Open(files, out _);

    /// <summary>Opens, looks and closes.</summary>
    public static RecoveredState Recover(IFileSystem files)
    {
        Open(files, out var recovered).Dispose();
        return recovered;
    }

    public static void StoreSnapshot(IFileSystem files, SnapshotMetadata metadata, params string[] blocks) =>
        StoreSnapshot(new SnapshotStore(files, Cluster), metadata, blocks);

    public static void StoreSnapshot(SnapshotStore store, SnapshotMetadata metadata, params string[] blocks)
    {
        using var writer = store.Create(metadata);
        foreach (var block in blocks)
        {
            writer.Write(Encoding.UTF8.GetBytes(block));
        }

        writer.Commit();
    }

    /// <summary>The content of a log, in one line: for comparison and for messages.</summary>
    public static string Describe(RecoveredState state) =>
        $"{Describe(state.HardState)} snapshot {state.Snapshot?.Index} "
        + $"[{string.Join(' ', state.Entries.Select(Describe))}]";

    public static string Describe(HardState state) => $"term {state.Term} vote {state.Vote} commit {state.Commit}";

    public static string Describe(LogEntry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{entry.Index}/{entry.Term}/{entry.Kind}:{Convert.ToHexString(entry.Payload.Span)}");
}
