using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Tests.Watches;

public sealed class SnapshotBuilderTests
{
    private static readonly WatchTarget Below = new("/a", WatchScope.Children);

    private readonly SnapshotBuilder _builder = new(new WatchInterest([Below]), withValues: true);

    [Fact]
    public void A_node_that_comes_changes_or_goes_between_two_pages_is_as_at_the_last_of_them()
    {
        Assert.Equal("/a/c", Page(5, hasMore: true, Entry("/a/b", 1), Entry("/a/c", 2)));
        Assert.Null(Page(8, hasMore: false, Entry("/a/x", 7), Entry("/a/y", 3)));
        _builder.Patch(
        [
            Set(6, Of(ChangeType.Deleted, "/a/b", 6), Of(ChangeType.Created, "/a/bb", 6)),
            Set(7, Of(ChangeType.Changed, "/a/c", 7), Of(ChangeType.Changed, "/a/x", 7), Of(ChangeType.Created, "/other", 7)),
            Set(8, Of(ChangeType.Deleted, "/a/z", 8)),
            Set(9, Of(ChangeType.Deleted, "/a/y", 9)),
        ], new Revision(8));
        Assert.Equal(
            [("/a/bb", 6), ("/a/c", 7), ("/a/x", 7), ("/a/y", 3)],
            _builder.Nodes.Select(node => (node.Key, node.Value.Stat.ModifiedRevision.Value)));
    }

    [Fact]
    public void The_node_above_is_no_child() =>
        Assert.Empty(Built(Page(5, hasMore: false, Entry("/a", 1))));

    [Fact]
    public void A_value_that_did_not_come_with_its_change_is_asked_for()
    {
        Page(5, hasMore: true, Entry("/a/b", 1));
        Page(6, hasMore: false);
        _builder.Patch([Set(6, Of(ChangeType.Changed, "/a/b", 6) with { Value = null })], new Revision(6));
        var (path, node) = Assert.Single(_builder.WithoutValue);
        Assert.Equal(("/a/b", new Revision(6)), (path, node.ReadAt));
        _builder.Fill("/a/b", new byte[] { 1 });
        Assert.Empty(_builder.WithoutValue);
    }

    [Fact]
    public void It_is_patched_while_it_is_read_and_goes_on_from_there()
    {
        Page(5, hasMore: true, Entry("/a/b", 1), Entry("/a/c", 2));
        _builder.Patch(
        [
            Set(6, Of(ChangeType.Deleted, "/a/b", 6), Of(ChangeType.Created, "/a/x", 6), Of(ChangeType.Created, "/a/y", 6)),
            Set(7, Of(ChangeType.Changed, "/a/c", 7)),
        ], new Revision(7));
        Assert.Equal((new Revision(7), new Revision(5)), (_builder.Earliest, _builder.Latest));

        // What came in front of the reading may be gone again when the reading comes there.
        Page(9, hasMore: false, Entry("/a/y", 8));
        _builder.Patch([Set(8, Of(ChangeType.Changed, "/a/y", 8)), Set(9, Of(ChangeType.Deleted, "/a/x", 9))], new Revision(9));
        Assert.Equal(
            [("/a/c", 7), ("/a/y", 8)],
            _builder.Nodes.Select(node => (node.Key, node.Value.Stat.ModifiedRevision.Value)));
    }

    [Fact]
    public void Bytes_follow_the_kept_nodes_through_repeats_and_deletions()
    {
        Page(5, hasMore: false, Entry("/a/b", 1, new byte[1_000]));
        var one = _builder.Bytes;
        Assert.InRange(one, 1_000, 2_000);
        Page(6, hasMore: false, Entry("/a/b", 1, new byte[1_000]), Entry("/a/c", 1, new byte[1_000]));
        Assert.Equal(2 * one, _builder.Bytes);
        _builder.Patch(
            [Set(7, Of(ChangeType.Deleted, "/a/b", 7), Of(ChangeType.Changed, "/a/c", 7) with { Value = null })], new Revision(7));
        Assert.Equal(one - 1_000, _builder.Bytes);
        _builder.Fill("/a/c", new byte[1_000]);
        Assert.Equal(one, _builder.Bytes);
    }

    private IReadOnlyDictionary<string, SnapshotNode> Built(string? after)
    {
        Assert.Null(after);
        return _builder.Nodes;
    }

    private string? Page(long at, bool hasMore, params SubtreeEntry[] nodes) =>
        _builder.Add(Below, new ReadSubtreeResult(ResultCode.Ok, Revision.Zero, nodes, hasMore), new Revision(at));

    private static SubtreeEntry Entry(string path, long revision, byte[]? value = null) =>
        new(path, "", Stat(revision), value ?? [0]);

    private static Change Of(ChangeType type, string path, long revision) =>
        new(type, path, Stat(revision), "", type == ChangeType.Deleted ? default(ReadOnlyMemory<byte>?) : new byte[] { 0 }, null);

    private static NodeStat Stat(long revision) => new() { ModifiedRevision = new Revision(revision) };

    private static ChangeSet Set(long revision, params Change[] changes) =>
        new(new Revision(revision - 1), new Revision(revision), 0, changes, []);
}
