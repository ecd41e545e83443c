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
        Assert.InRange(page.Children.Count, 1, 7);
        Assert.True(page.HasMore);
        Assert.Equal(10, Read("/", "", 100).Children.Count);
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

    private ReadChildrenResult Read(string path, string after, int limit) =>
        (ReadChildrenResult)_machine.State.Read(new ReadChildrenRequest(path, after, limit, WithValues: false));
}
