using Cloudkeeper.Coherence.Cache;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Invariants.Watches;
using static Cloudkeeper.Simulation.Tests.Invariants.ConsensusTests;

namespace Cloudkeeper.Simulation.Tests.Invariants;

/// <summary>The checkers of watches and caches, on events and entries that a test writes.</summary>
public sealed class CoherenceTests
{
    private static readonly Guid Cluster = new("00112233445566778899aabbccddeeff");

    private readonly CommittedLog _log = new();
    private readonly List<Change> _changes = [];
    private readonly ToldChanges _watcher;

    public CoherenceTests()
    {
        _watcher = new ToldChanges(
            _log.Facts.Changes, new WatchInterest([new WatchTarget("/a", WatchScope.Children)]));
        Commit("/a/x", "/a/y");
        Commit("/b");
        Commit("/a/z");
        _watcher.Begin(Revision.Zero);
    }

    [Fact]
    public void A_watcher_that_gets_all_in_order_breaks_nothing()
    {
        Tell(1, 0);
        Tell(1, 1);
        _watcher.Reached(new Revision(2));
        Tell(3, 3);
        _watcher.Reached(new Revision(9));
        Assert.Equal(new Revision(9), _watcher.Position);
    }

    [Fact]
    public void A_watcher_that_resumes_gets_the_changes_behind_that()
    {
        _watcher.Begin(new Revision(2));
        Tell(3, 3);
        _watcher.Begin(new Revision(1));
        Tell(3, 3);
    }

    [Fact]
    public void W1_the_order_of_a_transaction_is_that_of_its_paths() => Broken("W3", () => Tell(1, 1));

    [Fact]
    public void W1_every_event_was_committed()
    {
        Broken("W1", () => _watcher.Told(new Revision(1), _changes[0] with { Type = ChangeType.Changed }));
        _watcher.Begin(new Revision(3));
        Broken("W1", () => _watcher.Told(new Revision(4), _changes[3]));
    }

    [Fact]
    public void W2_a_change_is_sent_once()
    {
        Tell(1, 0);
        Broken("W3", () => Tell(1, 0));
        Tell(1, 1);
        _watcher.Reached(new Revision(1));
        Broken("W2", () => Tell(1, 1));
    }

    [Fact]
    public void W2_a_watch_from_the_future_gets_nothing_of_the_present()
    {
        _watcher.Begin(new Revision(10));
        Broken("W2", () => Tell(3, 3));
    }

    [Fact]
    public void W3_no_change_is_left_out()
    {
        Broken("W3", () => Tell(3, 3));
        Broken("W3", () => _watcher.Reached(new Revision(1)));
    }

    [Fact]
    public void W4_no_transaction_is_sent_in_part()
    {
        Tell(1, 0);
        Broken("W3", () => _watcher.Reached(new Revision(1)));
    }

    [Fact]
    public void W6_a_mark_does_not_go_back()
    {
        Tell(1, 0);
        Tell(1, 1);
        _watcher.Reached(new Revision(2));
        Broken("W6", () => _watcher.Reached(new Revision(1)));
    }

    [Fact]
    public void The_end_of_a_session_is_sent_with_the_changes_of_its_revision()
    {
        var ends = new ToldEnds(_log.Facts.Sessions);
        var session = _log.OpenSession();
        ends.Begin(session, new Revision(_log.Revision));
        _log.Expire(session);
        var end = new Revision(_log.Revision);
        ends.Reached(new Revision(end.Value - 1), hasEnded: false);
        ends.Reached(end, hasEnded: true);
        Broken("W1", () => ends.Reached(new Revision(end.Value - 1), hasEnded: true));
        Broken("W1", () => ends.Reached(end, hasEnded: false));
    }

    [Fact]
    public void The_end_of_a_session_that_lives_is_not_sent()
    {
        var ends = new ToldEnds(_log.Facts.Sessions);
        ends.Begin(_log.OpenSession(), Revision.Zero);
        Broken("W1", () => ends.Reached(new Revision(_log.Revision), hasEnded: true));
    }

    [Fact]
    public void An_initial_state_is_the_whole_state_of_its_revision()
    {
        Show(2, 0, 1);
        Show(3, 0, 1, 3);
        Broken("W5", () => Show(3, 0, 1));
        Broken("W5", () => Show(2, 0, 1, 3));
        Broken("W5", () => _log.Facts.Snapshots.Told(
            new Snapshot(new Revision(3), new Dictionary<string, SnapshotNode> { ["/b"] = Shown(2, [1]) }),
            Revision.Zero, static path => path == "/b"));
    }

    [Fact]
    public void An_initial_state_is_not_older_than_the_request()
    {
        var two = new Snapshot(new Revision(2), Enumerable.Range(0, 2).ToDictionary(i => _changes[i].Path, i => Shown(i, [])));
        _log.Facts.Snapshots.Told(two, new Revision(2), _watcher.Concerns);
        Broken("W5", () => _log.Facts.Snapshots.Told(two, new Revision(3), _watcher.Concerns));
    }

    [Fact]
    public void C3_an_entry_with_another_value_than_was_committed_is_noticed()
    {
        Keep(new Revision(2), _changes[2].Stat, []);
        Broken("C3", () => Keep(new Revision(2), _changes[2].Stat, [1]));
        Broken("C3", () => Keep(new Revision(1), _changes[2].Stat, []));
    }

    [Fact]
    public void C4_an_absence_that_is_none_is_noticed()
    {
        Keep(new Revision(1), null, []);
        Broken("C4", () => Keep(new Revision(2), null, []));
    }

    private void Commit(params string[] paths)
    {
        Change[] changes = [.. paths.Select(path => _log.Created(path))];
        _changes.AddRange(changes);
        _log.Add(new OpenLaneCommand(), changes: changes);
    }

    private void Show(long revision, params int[] changes)
    {
        var nodes = changes.ToDictionary(i => _changes[i].Path, i => Shown(i, []));
        _log.Facts.Snapshots.Told(new Snapshot(new Revision(revision), nodes), Revision.Zero, _watcher.Concerns);
    }

    private SnapshotNode Shown(int change, byte[] value) =>
        new(_changes[change].Stat, "text/plain", value, _changes[change].Stat.ModifiedRevision);

    private void Tell(long revision, int change) => _watcher.Told(new Revision(revision), _changes[change]);

    private void Keep(Revision at, NodeStat? stat, byte[] value)
    {
        var cache = new CacheRule(1 << 20);
        cache.Restart(Cluster, at);
        var code = stat is null ? ResultCode.NodeNotFound : ResultCode.Ok;
        Assert.True(cache.Fill(Cluster, "/b", new ReadNodeResult(code, stat, "", value, default), true, at));
        _log.Facts.Caches.Filled(cache, "/b");
    }
}
