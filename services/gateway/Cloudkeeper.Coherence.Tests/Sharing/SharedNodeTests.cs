using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Tests.Sharing;

public sealed class SharedNodeTests
{
    private static readonly Guid Cluster = new("11111111-2222-3333-4444-555555555555");

    private static readonly NodeStat Stat = new(
        new Revision(1), new Revision(2), new Revision(1), 3, 4, 5, 6, 7, NodeKind.Persistent, null, 0, 5, 8);

    private readonly CacheEntry _entry = new(
        new ReadNodeResult(ResultCode.Ok, Stat, "text/plain", "value"u8.ToArray(), Revision.Zero), true, new Revision(9));

    [Fact]
    public void An_entry_is_read_as_it_was_written()
    {
        var read = SharedNode.Read(SharedNode.Write(Cluster, "/a", _entry), Cluster, "/a")!;
        Assert.Equal(_entry.At, read.At);
        Assert.Equal(_entry.Node with { Value = default }, read.Node with { Value = default });
        Assert.True(_entry.Node.Value.Span.SequenceEqual(read.Node.Value.Span));
        Assert.True(read.HasValue);
    }

    [Fact]
    public void So_is_the_absence_of_a_node()
    {
        var absent = new CacheEntry(
            new ReadNodeResult(ResultCode.NodeNotFound, null, "", default, new Revision(4)), true, new Revision(9));
        var read = SharedNode.Read(SharedNode.Write(Cluster, "/a", absent), Cluster, "/a")!;
        Assert.Equal(absent.Node with { Value = default }, read.Node with { Value = default });
    }

    [Fact]
    public void An_entry_of_another_cluster_or_path_is_refused()
    {
        var bytes = SharedNode.Write(Cluster, "/a", _entry);
        Assert.Null(SharedNode.Read(bytes, Guid.NewGuid(), "/a"));
        Assert.Null(SharedNode.Read(bytes, Cluster, "/b"));
    }

    [Fact]
    public void An_entry_that_contradicts_itself_is_refused()
    {
        var stat = Stat;
        NodeStat[] stats =
        [
            stat with { ModifiedRevision = new(10) }, stat with { ChildrenRevision = new(10) },
            stat with { CreatedRevision = new(3) }, stat with { DataLength = 4 },
        ];
        foreach (var wrong in stats)
        {
            Assert.Null(ReadBack(_entry with { Node = _entry.Node with { Stat = wrong } }));
        }

        Assert.Null(ReadBack(_entry with { Node = _entry.Node with { AbsentSince = new(1) } }));
        Assert.Null(ReadBack(_entry with { At = new(1) }));
        var absent = new ReadNodeResult(ResultCode.NodeNotFound, null, "", default, new Revision(4));
        Assert.NotNull(ReadBack(_entry with { Node = absent }));
        Assert.Null(ReadBack(_entry with { Node = absent with { AbsentSince = new(10) } }));
        Assert.Null(ReadBack(_entry with { Node = absent with { AbsentSince = new(-1) } }));
        Assert.Null(ReadBack(_entry with { Node = absent with { ContentType = "text/plain" } }));
        Assert.Null(ReadBack(_entry with { Node = absent with { Value = "v"u8.ToArray() } }));
    }

    private static CacheEntry? ReadBack(CacheEntry entry) =>
        SharedNode.Read(SharedNode.Write(Cluster, "/a", entry), Cluster, "/a");

    [Fact]
    public void Anything_else_is_refused()
    {
        var bytes = SharedNode.Write(Cluster, "/a", _entry);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Null(SharedNode.Read(bytes.AsSpan(0, length), Cluster, "/a"));
        }

        Assert.Null(SharedNode.Read([.. bytes, 0], Cluster, "/a"));
        Assert.Null(SharedNode.Read([(byte)(bytes[0] + 1), .. bytes.AsSpan(1)], Cluster, "/a"));
        var tooLong = _entry with { Node = _entry.Node with { Stat = Stat with { DataLength = 6 } } };
        Assert.Null(SharedNode.Read(SharedNode.Write(Cluster, "/a", tooLong), Cluster, "/a"));
    }
}
