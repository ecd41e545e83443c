using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using static Cloudkeeper.Tree.Tests.Machine;

namespace Cloudkeeper.Tree.Tests;

/// <summary>The effect on parents of children that a transaction creates and deletes again.</summary>
public sealed class TouchedParentTests
{
    private readonly Machine _machine = new Machine().RaiseLevel(2).RaiseLevel(3);

    [Fact]
    public void A_parent_below_which_something_came_and_went_is_named()
    {
        _machine.Put("/a");
        _machine.Put("/b");
        var before = _machine.Stat("/a");
        _machine.Transact([.. ComeAndGo("/a/x"), Write("/b")]);
        Assert.Equal(["/b"], Paths(_machine.LastChange()));
        Assert.Equal(["/a"], _machine.LastChange().TouchedParents);
        Assert.Equal(
            before with { ChildrenVersion = before.ChildrenVersion + 2, ChildrenRevision = _machine.State.Revision },
            _machine.Stat("/a"));
    }

    [Fact]
    public void A_parent_with_a_change_of_its_own_is_not_named()
    {
        foreach (var path in (string[])["/changed", "/deleted", "/with-child", "/again", "/again/x"])
        {
            _machine.Put(path);
        }

        _machine.Transact(
        [
            .. ComeAndGo("/changed/x"), Write("/changed"),
            .. ComeAndGo("/deleted/x"), new DeleteOperation("/deleted"),
            .. ComeAndGo("/with-child/x"), Write("/with-child/y"),
            .. ComeAndGo("/again/y"), new DeleteOperation("/again/x"), Write("/again/x"),
            .. ComeAndGo("/n/x"),
        ]);
        Assert.Equal(["/again/x", "/changed", "/deleted", "/n", "/with-child/y"], Paths(_machine.LastChange()));
        Assert.Empty(_machine.LastChange().TouchedParents);
    }

    [Fact]
    public void A_node_that_came_and_went_itself_is_not_named()
    {
        _machine.Put("/a");
        _machine.Transact(Write("/a/b/c/d"), Write("/a/b/e"), new DeleteOperation("/a/b", Recursive: true), Write("/z"));
        Assert.Equal(["/a"], _machine.LastChange().TouchedParents);
    }

    [Fact]
    public void A_parent_is_named_once_however_often_it_is_touched()
    {
        _machine.Put("/a");
        _machine.Put("/b");
        Operation[] often = [.. Enumerable.Range(0, 31).SelectMany(i => (Operation[])
            [.. ComeAndGo($"/b/{i % 7}"), .. ComeAndGo($"/a/{i}")])];
        Assert.Equal(ResultCode.Ok, _machine.Transact([.. often, Write("/z")]).Code);
        Assert.Equal(["/a", "/b"], _machine.LastChange().TouchedParents);
        Assert.Equal(62, _machine.Stat("/a").ChildrenVersion);
    }

    [Fact]
    public void A_transaction_without_any_other_effect_still_is_none()
    {
        _machine.Put("/a");
        var before = (_machine.State.Revision, _machine.Stat("/a"));
        _machine.Transact(ComeAndGo("/a/x"));
        Assert.Equal(before, (_machine.State.Revision, _machine.Stat("/a")));
    }

    [Fact]
    public void Before_the_feature_level_no_parent_is_named()
    {
        var machine = new Machine().RaiseLevel(2);
        machine.Put("/a");
        machine.Transact([.. ComeAndGo("/a/x"), Write("/b")]);
        Assert.Empty(machine.LastChange().TouchedParents);
        machine.RaiseLevel(3);
        Assert.Empty(machine.LastChange().TouchedParents);
        machine.Transact([.. ComeAndGo("/a/x"), Write("/b")]);
        Assert.Equal(["/a"], machine.LastChange().TouchedParents);
    }

    [Fact]
    public void A_snapshot_keeps_the_names()
    {
        _machine.Put("/a");
        _machine.Transact([.. ComeAndGo("/a/x"), Write("/b")]);
        _machine.Put("/c");
        var loaded = SnapshotTests.Load(SnapshotTests.Write(_machine.State), StateMachineOptions.Default);
        Same.States(_machine.State, loaded);
        Assert.Equal([[], ["/a"], []], new Machine(loaded).History().Select(set => set.TouchedParents));
    }

    [Fact]
    public void The_names_count_for_the_size_of_the_history()
    {
        var machine = new Machine(new StateMachineOptions { HistoryBytesMax = 10_000 }).RaiseLevel(2).RaiseLevel(3);
        string[] parents = [.. Enumerable.Range(0, 20).Select(i => $"/{i}{new string('x', 250)}")];
        foreach (var parent in parents)
        {
            machine.Put(parent);
        }

        machine.Put("/z");
        machine.Transact([.. parents.SelectMany(parent => ComeAndGo(parent + "/x")), Write("/z")]);
        Assert.Equal(machine.State.Revision.Next(), machine.State.OldestRevision);
    }

    [Theory]
    [InlineData(71)]
    [InlineData(72)]
    public void A_change_set_names_every_node_whose_stat_has_changed_and_no_other(int seed)
    {
        var workload = new Workload(seed);
        var before = Stats();
        var named = 0;
        for (var i = 0; i < 1_200; i++)
        {
            var revision = _machine.State.Revision;
            workload.Learn([_machine.Run(i % 3 == 0 ? NextTransaction(workload) : workload.NextCommand())]);
            var after = Stats();
            if (_machine.State.Revision > revision)
            {
                var set = _machine.LastChange();
                Assert.Equal(Different(before, after), ToldOf(set, after));
                named += set.TouchedParents.Count;
            }

            before = after;
        }

        Assert.True(named > 20, $"Only {named} parents were named.");
    }

    private static WriteOperation Write(string path) => new(path, Bytes("x"), "text/plain", Parents: true);

    private static Operation[] ComeAndGo(string path) => [Write(path), new DeleteOperation(path)];

    /// <summary>Something that goes in the end comes first, if it was not there; what is between may go wrong.</summary>
    private static TransactionCommand NextTransaction(Workload workload)
    {
        var path = workload.NextPath();
        return new TransactionCommand(
            [], [Write(path), workload.NextOperation(), new DeleteOperation(path, Recursive: true), workload.NextOperation()], []);
    }

    private static string[] Different(Dictionary<string, NodeStat> before, Dictionary<string, NodeStat> after) =>
        [.. before.Keys.Union(after.Keys)
            .Where(path => !before.TryGetValue(path, out var old) || !after.TryGetValue(path, out var now) || old != now)
            .Order(StringComparer.Ordinal)];

    /// <summary>Each changed path, the parents that its coming and going touches, and those that are named.</summary>
    private static string[] ToldOf(ChangeSet set, Dictionary<string, NodeStat> after)
    {
        var told = set.Changes.Select(change => change.Path).ToHashSet();
        told.UnionWith(set.Changes.Where(change => change.TouchesParent(set.Revision))
            .Select(change => NodePath.ParentOf(change.Path)));
        Assert.All(set.TouchedParents, path => Assert.True(told.Add(path) && after.ContainsKey(path), path));
        return [.. told.Order(StringComparer.Ordinal)];
    }

    private Dictionary<string, NodeStat> Stats()
    {
        var stats = new Dictionary<string, NodeStat>(StringComparer.Ordinal);
        var paths = new Stack<string>(["/"]);
        while (paths.TryPop(out var path))
        {
            var read = (ReadChildrenResult)_machine.State.Read(
                new ReadChildrenRequest(path, "", Limits.PageSizeMax, WithValues: false));
            stats.Add(path, read.Stat!.Value);
            foreach (var child in read.Children)
            {
                paths.Push(NodePath.Join(path, child.Name));
            }
        }

        return stats;
    }
}
