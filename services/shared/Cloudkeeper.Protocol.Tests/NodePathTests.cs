namespace Cloudkeeper.Protocol.Tests;

public sealed class NodePathTests
{
    [Theory]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("/a/b-c_d.e/ä/日本")]
    [InlineData("/...")]
    [InlineData("/a b")]
    public void Valid_paths_are_accepted(string path) => Assert.Null(NodePath.Check(path));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("//")]
    [InlineData("/a/")]
    [InlineData("/a//b")]
    [InlineData("/.")]
    [InlineData("/a/..")]
    [InlineData("/a/./b")]
    [InlineData("/a\0")]
    [InlineData("/a\u001f")]
    [InlineData("/a\u007f")]
    [InlineData("/a\u009f")]
    [InlineData("/\ue000")]
    [InlineData("/\uf8ff")]
    [InlineData("/\ufff0")]
    [InlineData("/\uffff")]
    [InlineData("/\U0001f600")]
    public void Paths_that_ZooKeeper_refuses_are_refused(string path) => Assert.NotNull(NodePath.Check(path));

    [Fact]
    public void Length_counts_in_bytes()
    {
        Assert.Null(NodePath.Check("/" + new string('x', 1023)));
        Assert.NotNull(NodePath.Check("/" + new string('x', 1024)));
        Assert.Null(NodePath.Check("/x" + new string('ä', 511)));
        Assert.NotNull(NodePath.Check("/" + new string('ä', 512)));
    }

    [Theory]
    [InlineData("/a", "/", "a")]
    [InlineData("/a/b", "/a", "b")]
    public void Parent_and_name_make_the_path(string path, string parent, string name)
    {
        Assert.Equal(parent, NodePath.ParentOf(path));
        Assert.Equal(name, NodePath.NameOf(path));
        Assert.Equal(path, NodePath.Join(parent, name));
    }

    [Fact]
    public void A_longer_name_is_not_below()
    {
        Assert.True(NodePath.IsSameOrBelow("/a/b", "/a"));
        Assert.True(NodePath.IsSameOrBelow("/a", "/"));
        Assert.False(NodePath.IsSameOrBelow("/ab", "/a"));
        Assert.False(NodePath.IsSameOrBelow("/a", "/a/b"));
    }
}
