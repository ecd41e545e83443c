using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Coherence.Tests.Cache;

public sealed class CacheRuleTests
{
    private readonly CacheWorld _world = new();

    [Fact]
    public void An_entry_is_answered_until_the_feed_falls_behind_the_required_revision()
    {
        _world.Write("/a");
        var cache = _world.StartCache();
        Fill(cache, "/a");
        Assert.Equal(_world.Revision, Read(cache, "/a", _world.Revision).At);

        _world.Write("/e");
        Assert.False(IsAnswered(cache, "/a", _world.Revision));
        _world.CatchUp(cache);
        Assert.Equal(_world.Revision, Read(cache, "/a", _world.Revision).At);
    }

    [Fact]
    public void A_change_of_a_small_value_goes_straight_into_the_cache()
    {
        _world.Write("/a", bytes: 1);
        var cache = _world.StartCache();
        Fill(cache, "/a");
        _world.Write("/a", Limits.FeedValueBytesMax);
        _world.CatchUp(cache);
        Assert.Equal(Limits.FeedValueBytesMax, Read(cache, "/a", _world.Revision).Node.Value.Length);
    }

    [Fact]
    public void A_change_of_a_large_value_leaves_the_stat()
    {
        _world.Write("/a", bytes: 1);
        var cache = _world.StartCache();
        Fill(cache, "/a");
        _world.Write("/a", Limits.FeedValueBytesMax + 1);
        _world.CatchUp(cache);
        Assert.False(IsAnswered(cache, "/a", _world.Revision));
        Assert.Equal(Limits.FeedValueBytesMax + 1, Read(cache, "/a", _world.Revision, withValue: false).Node.Stat!.Value.DataLength);

        Fill(cache, "/a");
        Assert.True(IsAnswered(cache, "/a", _world.Revision));
    }

    [Fact]
    public void A_slow_fill_never_overwrites_a_newer_entry()
    {
        _world.Write("/a", bytes: 1);
        var cache = _world.StartCache();
        var slow = _world.Revision;
        _world.Write("/a", bytes: 2);
        _world.CatchUp(cache);
        Assert.False(Fill(cache, "/a", slow));
        Assert.False(IsAnswered(cache, "/a", Revision.Zero));

        // The same when there is an entry, and when the newer one comes from further than the feed.
        Fill(cache, "/a");
        _world.Write("/a", bytes: 3);
        Fill(cache, "/a");
        Fill(cache, "/a", new Revision(_world.Revision.Value - 1));
        Assert.Equal(3, Read(cache, "/a", _world.Revision).Node.Value.Length);
    }

    [Fact]
    public void A_node_that_was_read_before_the_window_of_changes_does_not_count()
    {
        _world.Write("/a");
        var early = _world.Revision;
        _world.Write("/e");
        var cache = _world.StartCache();
        Assert.False(Fill(cache, "/a", early));
        Assert.True(Fill(cache, "/a", _world.Revision));
    }

    [Fact]
    public void The_window_reaches_back_as_far_as_the_memory_for_paths()
    {
        var floors = new ChangeFloors(bytesMax: 10_000);
        floors.Restart(new Revision(10));
        for (var i = 11; i < 5_000; i++)
        {
            floors.Touch("/hot-" + (i % 3), new Revision(i));
        }

        Assert.Equal(new Revision(10), floors.Start);
        Assert.True(floors.IsUnchangedSince("/cold", new Revision(10)));
        Assert.False(floors.IsUnchangedSince("/cold", new Revision(9)));
        for (var i = 5_000; i < 5_200; i++)
        {
            floors.Touch("/once-" + i, new Revision(i));
        }

        Assert.InRange(floors.Count, 10, 100);
        Assert.Equal(new Revision(5_199 - floors.Count), floors.Start);
        Assert.False(floors.IsUnchangedSince("/hot-1", new Revision(5_000)));
    }

    [Fact]
    public void An_absent_node_is_known_to_be_absent_until_it_is_created()
    {
        var cache = _world.StartCache();
        Fill(cache, "/a");
        Assert.Null(Read(cache, "/a", _world.Revision).Node.Stat);
        _world.Write("/a");
        _world.CatchUp(cache);
        Assert.NotNull(Read(cache, "/a", _world.Revision).Node.Stat);
        _world.Delete("/a");
        _world.CatchUp(cache);
        var (gone, _) = Read(cache, "/a", _world.Revision);
        Assert.Null(gone.Stat);
        Assert.Equal(_world.Revision, gone.AbsentSince);
    }

    [Fact]
    public void A_child_that_comes_or_goes_changes_the_stat_of_its_parent()
    {
        _world.Write("/a");
        var cache = _world.StartCache();
        Fill(cache, "/a");
        var before = _world.Revision;
        _world.Write("/a/b");
        _world.CatchUp(cache);
        Assert.False(IsAnswered(cache, "/a", Revision.Zero));
        Assert.False(Fill(cache, "/a", before));

        Fill(cache, "/a");
        _world.Write("/a/b");
        _world.CatchUp(cache);
        Assert.True(IsAnswered(cache, "/a", _world.Revision));
        _world.Execute(new DeleteOperation("/a/b"), new WriteOperation("/a/b", default, ""));
        _world.CatchUp(cache);
        Assert.False(IsAnswered(cache, "/a", Revision.Zero));
    }

    [Fact]
    public void A_child_that_comes_and_goes_in_one_transaction_changes_the_stat_of_its_parent()
    {
        _world.Write("/a");
        _world.Write("/e");
        var cache = _world.StartCache();
        Fill(cache, "/a");
        Fill(cache, "/e");
        var before = _world.Revision;
        _world.Execute(
            new WriteOperation("/a/b", default, ""), new DeleteOperation("/a/b"), new WriteOperation("/f", default, ""));
        _world.CatchUp(cache);
        Assert.NotEqual(_world.StateAt(before, "/a").Stat, _world.StateAt(_world.Revision, "/a").Stat);
        Assert.False(IsAnswered(cache, "/a", Revision.Zero));
        Assert.True(IsAnswered(cache, "/e", _world.Revision));

        // An old answer, of a node or out of Redis, does not come back.
        Assert.False(Fill(cache, "/a", before));
        Assert.False(cache.FillShared(_world.Cluster, "/a", CacheEntry.Of(_world.StateAt(before, "/a"), true, before)));
        Assert.True(Fill(cache, "/a"));
    }

    [Fact]
    public void A_parent_that_is_changed_with_its_children_stays()
    {
        _world.Write("/a");
        var cache = _world.StartCache();
        Fill(cache, "/a");
        _world.Execute(new WriteOperation("/a/b", default, ""), new WriteOperation("/a", new byte[5], "text/plain"));
        _world.CatchUp(cache);
        Assert.Equal(_world.StateAt(_world.Revision, "/a").Stat, Read(cache, "/a", _world.Revision).Node.Stat);
    }

    [Fact]
    public void Another_cluster_or_a_gap_leaves_nothing()
    {
        _world.Write("/a");
        var cache = _world.StartCache();
        Fill(cache, "/a");
        cache.Restart(_world.Cluster, _world.Revision);
        Assert.False(IsAnswered(cache, "/a", Revision.Zero));

        Fill(cache, "/a");
        cache.Restart(Guid.NewGuid(), _world.Revision);
        Assert.False(IsAnswered(cache, "/a", Revision.Zero));
        Assert.False(Fill(cache, "/a"));
    }

    [Fact]
    public void A_gap_in_the_feed_is_not_accepted()
    {
        var cache = _world.StartCache();
        _world.Write("/a");
        _world.Write("/e");
        Assert.Throws<ArgumentException>(() => cache.Apply(_world.ChangesBehind(new Revision(1))!));
    }

    [Fact]
    public void A_stat_alone_answers_no_question_for_the_value_and_drives_no_value_out()
    {
        _world.Write("/a");
        var cache = _world.StartCache();
        Fill(cache, "/a", withValue: false);
        Assert.False(cache.Holds("/a", withValue: true));
        Fill(cache, "/a");
        Fill(cache, "/a", withValue: false);
        Assert.True(cache.Holds("/a", withValue: true));
    }

    [Fact]
    public void Memory_is_bounded_and_used_entries_stay()
    {
        const int Max = 200_000;
        var cache = _world.StartCache(Max);
        var node = new ReadNodeResult(Protocol.Errors.ResultCode.Ok, null, "", new byte[1_000], Revision.Zero);
        for (var i = 0; i < 1_000; i++)
        {
            cache.Fill(_world.Cluster, "/hot", node, true, Revision.Zero);
            cache.Fill(_world.Cluster, "/cold-" + i, node, true, Revision.Zero);
            Assert.True(cache.TryRead("/hot", true, Revision.Zero, out _, out _));
            Assert.InRange(cache.Bytes, 1, Max);
        }

        Assert.InRange(cache.Count, 50, 200);
        Assert.False(cache.Fill(_world.Cluster, "/large", node with { Value = new byte[Max / 10] }, true, Revision.Zero));
    }

    private bool Fill(CacheRule cache, string path, Revision? at = null, bool withValue = true)
    {
        var revision = at ?? _world.Revision;
        return cache.Fill(_world.Cluster, path, _world.Answer(revision, path, withValue), withValue, revision);
    }

    private static bool IsAnswered(CacheRule cache, string path, Revision required) =>
        cache.TryRead(path, withValue: true, required, out _, out _);

    private static (ReadNodeResult Node, Revision At) Read(
        CacheRule cache, string path, Revision required, bool withValue = true)
    {
        Assert.True(cache.TryRead(path, withValue, required, out var node, out var at));
        return (node!, at);
    }
}
