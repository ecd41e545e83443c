using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Errors;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Tree.Tests;

public sealed class ReadTests
{
    private readonly Machine _machine = new();

    [Fact]
    public void Children_come_in_the_order_of_their_bytes()
    {
        foreach (var name in (string[])["b", "ä", "a", "B", "a-", "漢", "a0"])
        {
            _machine.Put("/" + name);
        }

        Assert.Equal(["B", "a", "a-", "a0", "b", "ä", "漢"], _machine.Children("/"));
    }

    [Fact]
    public void Children_come_in_pages_that_begin_behind_a_name_whether_it_is_there_or_not()
    {
        for (var i = 0; i < 1_300; i++)
        {
            _machine.Put($"/{i:d4}");
        }

        var page = Read("/", after: "0599x", limit: 100);
        Assert.Equal(("0600", "0699", true), (page.Children[0].Name, page.Children[^1].Name, page.HasMore));
        _machine.Delete("/0699");
        var next = Read("/", after: "0699", limit: 600);
        Assert.Equal(("0700", 600, false), (next.Children[0].Name, next.Children.Count, next.HasMore));
        Assert.Empty(Read("/", after: "z", limit: 1).Children);
        Assert.Equal(_machine.Stat("/"), next.Stat);
    }

    [Fact]
    public void A_page_ends_before_its_values_get_too_large_for_an_answer()
    {
        for (var i = 0; i < 10; i++)
        {
            _machine.Run(new WriteOperation($"/{i}", new byte[Limits.ValueBytesMax], "t"));
        }

        var page = (ReadChildrenResult)_machine.State.Read(new ReadChildrenRequest("/", "", 100, WithValues: true));
        Assert.Single(page.Children);
        Assert.True(page.HasMore);
        Assert.Equal(10, Read("/", "", 100).Children.Count);
    }

    [Fact]
    public void As_many_ordinary_entries_as_a_page_may_have_fit_in_one()
    {
        for (var i = 0; i < Limits.PageSizeMax; i++)
        {
            _machine.Put($"/node-{i:d5}");
        }

        var page = Read("/", "", Limits.PageSizeMax);
        Assert.Equal((Limits.PageSizeMax, false), (page.Children.Count, page.HasMore));
        Assert.InRange(ReadResultSize.Of(page), 1 << 20, 2 << 20);
    }

    [Fact]
    public void A_page_of_sessions_ends_before_their_names_get_too_large_for_an_answer()
    {
        var name = new string('漢', Limits.NameBytesMax / 3);
        for (var i = 0; i < 6_000; i++)
        {
            _machine.Run(new OpenSessionCommand(60_000, name));
        }

        var page = (ReadSessionsResult)_machine.State.Read(new ReadSessionsRequest(default, Limits.PageSizeMax));
        Assert.InRange(page.Sessions.Count, 5_000, 5_999);
        Assert.True(page.HasMore);
    }

    [Fact]
    public void Each_change_of_a_large_transaction_is_found_and_no_other()
    {
        _machine.Put("/a");
        for (var i = 0; i < 100; i++)
        {
            _machine.Put($"/a/{i:d2}");
        }

        _machine.Run(new DeleteOperation("/a", Recursive: true));
        var revision = _machine.State.Revision;
        Assert.All(Enumerable.Range(0, 100), i => Assert.Equal($"/a/{i:d2}", ReadChange($"/a/{i:d2}").Change?.Path));
        Assert.Equal("/a", ReadChange("/a").Change?.Path);
        Assert.All((string[])["/", "/a/", "/a/100", "/a/99x", "/b"], path => Assert.Null(ReadChange(path).Change));

        ReadChangeResult ReadChange(string path) => (ReadChangeResult)_machine.State.Read(new ReadChangeRequest(revision, path));
    }

    [Fact]
    public void A_value_comes_only_when_asked_for()
    {
        _machine.Put("/a", "value");
        var result = (ReadNodeResult)_machine.State.Read(new ReadNodeRequest("/a", WithValue: false));
        Assert.Equal((0, 5), (result.Value.Length, result.Stat!.Value.DataLength));
    }

    [Fact]
    public void A_leaf_has_no_children_and_a_bad_path_no_answer()
    {
        _machine.Put("/a");
        Assert.Empty(Read("/a", "", 10).Children);
        Assert.Equal(ResultCode.InvalidPath, Read("a", "", 10).Code);
        Assert.Equal(ResultCode.InvalidPath, _machine.State.Read(new ReadLockRequest("a")).Code);
    }

    [Fact]
    public void A_page_ends_before_its_names_get_too_large_for_an_answer()
    {
        var name = new string('n', 900);
        for (var i = 0; i < 6_000; i++)
        {
            _machine.Put($"/{name}{i:d4}");
        }

        var children = Read("/", "", Limits.PageSizeMax);
        var subtree = Subtree("/", "", 9, Limits.PageSizeMax);
        Assert.True(children.HasMore && subtree.HasMore);
        Assert.InRange(children.Children.Count, 1, Limits.BatchBytesMax / 1_000);
        Assert.InRange(subtree.Nodes.Count, 1, Limits.BatchBytesMax / 1_000);
    }

    [Fact]
    public void A_subtree_begins_with_the_node_itself_and_leaves_its_neighbours_out()
    {
        foreach (var path in (string[])["/a", "/a/x", "/a-", "/a/x/y", "/a0", "/b"])
        {
            _machine.Put(path, path);
        }

        Assert.Equal(["/a", "/a/x", "/a/x/y"], Subtree("/a", "", 9, 10).Nodes.Select(n => n.Path));
        Assert.Equal(["/a", "/a/x"], Subtree("/a", "", 1, 10).Nodes.Select(n => n.Path));
        Assert.Equal(["/a"], Subtree("/a", "", 0, 10).Nodes.Select(n => n.Path));
        Assert.Equal(["/", "/a", "/a-", "/a/x", "/a/x/y", "/a0", "/b"], Subtree("/", "", 9, 10).Nodes.Select(n => n.Path));
        Assert.Equal(ResultCode.NodeNotFound, Subtree("/none", "", 9, 10).Code);
        Assert.Equal(ResultCode.InvalidPath, Subtree("/a", "/a-", 9, 10).Code);
        Assert.Equal(ResultCode.InvalidPath, Subtree("/a", "/a//", 9, 10).Code);
    }

    [Theory]
    [InlineData(41)]
    [InlineData(42)]
    [InlineData(43)]
    public void Pages_of_a_subtree_together_are_its_paths_in_the_order_of_their_bytes(int seed)
    {
        var random = new Random(seed);
        var paths = new HashSet<string>(StringComparer.Ordinal) { "/" };
        for (var i = 0; i < 3_000; i++)
        {
            Create(paths, RandomPath(random, 4));
        }

        for (var i = 0; i < 300; i++)
        {
            var top = i % 3 == 0 ? "/" : paths.ElementAt(random.Next(paths.Count));
            var depth = random.Next(6);
            var after = i % 2 == 0 ? "" : (top == "/" ? "" : top) + RandomPath(random, 5);
            var expected = paths
                .Where(p => IsWithin(top, p, depth) && (after.Length == 0 || string.CompareOrdinal(p, after) > 0))
                .Order(StringComparer.Ordinal);
            Assert.Equal(expected, AllPages(top, after, depth, limit: random.Next(1, 400)));
        }
    }

    private static string RandomPath(Random random, int depthMax)
    {
        const string Letters = " -.0ab";
        var segments = Enumerable.Range(0, random.Next(1, depthMax + 1)).Select(_ => string.Concat(
            Enumerable.Range(0, random.Next(1, 4)).Select(_ => Letters[random.Next(Letters.Length)])));
        var path = "/" + string.Join('/', segments.Select(segment => segment is "." or ".." ? "a" : segment));
        return path;
    }

    private static bool IsWithin(string top, string path, int depth)
    {
        var prefix = top == "/" ? "/" : top + "/";
        return path == top
            || (path.StartsWith(prefix, StringComparison.Ordinal) && path[prefix.Length..].Count(c => c == '/') < depth);
    }

    private void Create(HashSet<string> paths, string path)
    {
        for (var slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            paths.Add(path[..slash]);
        }

        paths.Add(path);
        Assert.Equal(
            ResultCode.Ok, _machine.Run(new WriteOperation(path, Machine.Bytes(path), "text/plain", Parents: true)).Code);
    }

    private List<string> AllPages(string top, string after, int depth, int limit)
    {
        var all = new List<string>();
        while (true)
        {
            var page = Subtree(top, after, depth, limit);
            all.AddRange(page.Nodes.Select(node => node.Path));
            if (!page.HasMore)
            {
                return all;
            }

            Assert.Equal(limit, page.Nodes.Count);
            after = all[^1];
        }
    }

    private ReadSubtreeResult Subtree(string path, string after, int depth, int limit) =>
        (ReadSubtreeResult)_machine.State.Read(new ReadSubtreeRequest(path, after, depth, limit, WithValues: false));

    private ReadChildrenResult Read(string path, string after, int limit) =>
        (ReadChildrenResult)_machine.State.Read(new ReadChildrenRequest(path, after, limit, WithValues: false));
}
