using Cloudkeeper.Coherence.Sharing;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Tests.Redis;

public sealed class CachedChangeTests
{
    private static readonly Revision Seven = new(7);

    private readonly PastChanges _nodes = new();
    private readonly Change _known;
    private readonly Change _whole;

    public CachedChangeTests()
    {
        _known = _nodes.Add(Seven, "/a");
        _whole = _nodes.WholeOf(Seven, "/a");
    }

    [Fact]
    public void An_entry_is_read_as_it_was_written()
    {
        var read = CachedChange.Read(CachedChange.Write(_whole), _known)!;
        Assert.Equal(_whole.Value!.Value, read.Value!.Value);
        Assert.Equal(_whole.Previous!.Value, read.Previous!.Value);
        Assert.Equal(_known, read with { Value = null, Previous = null });
    }

    [Fact]
    public void Any_truncated_entry_is_refused()
    {
        var entry = CachedChange.Write(_whole);
        for (var length = 0; length < entry.Length; length++)
        {
            Assert.Null(CachedChange.Read(entry.AsSpan(0, length), _known));
        }

        Assert.Null(CachedChange.Read([.. entry, 0], _known));
    }

    [Fact]
    public void Another_version_of_the_format_is_refused()
    {
        var entry = CachedChange.Write(_whole);
        entry[0]++;
        Assert.Null(CachedChange.Read(entry, _known));
    }

    [Fact]
    public void A_change_that_contradicts_the_feed_is_refused()
    {
        Change[] others =
        [
            _whole with { Path = "/b" },
            _whole with { Stat = _whole.Stat with { ModifiedAt = _whole.Stat.ModifiedAt + 1 } },
            _whole with { Stat = _whole.Stat with { ModifiedRevision = Seven.Next() } },
            _whole with { ContentType = "text/html" },
            _whole with { Type = ChangeType.Deleted },
        ];
        Assert.All(others, other => Assert.Null(CachedChange.Read(CachedChange.Write(other), _known)));
    }

    [Fact]
    public void A_change_that_is_not_whole_is_refused()
    {
        Change[] parts =
        [
            _whole with { Value = null },
            _whole with { Value = _whole.Value!.Value[1..] },
            _whole with { Previous = null },
        ];
        Assert.All(parts, part => Assert.Null(CachedChange.Read(CachedChange.Write(part), _known)));
    }

    [Fact]
    public void A_small_value_is_the_one_in_the_feed()
    {
        var small = _whole with { Value = "ab"u8.ToArray(), Stat = _whole.Stat with { DataLength = 2 } };
        var entry = CachedChange.Write(small);
        Assert.NotNull(CachedChange.Read(entry, small with { Value = "ab"u8.ToArray(), Previous = null }));
        Assert.Null(CachedChange.Read(entry, small with { Value = "ac"u8.ToArray(), Previous = null }));
    }

    [Fact]
    public void A_creation_has_nothing_before_it_and_a_deletion_no_value()
    {
        var created = _whole with { Type = ChangeType.Created, Previous = null };
        Assert.NotNull(CachedChange.Read(CachedChange.Write(created), _known with { Type = ChangeType.Created }));
        var deleted = _whole with { Type = ChangeType.Deleted, Value = null };
        Assert.NotNull(CachedChange.Read(CachedChange.Write(deleted), _known with { Type = ChangeType.Deleted }));
        Assert.Null(CachedChange.Read(
            CachedChange.Write(deleted with { Value = _whole.Value }), _known with { Type = ChangeType.Deleted }));
    }
}
