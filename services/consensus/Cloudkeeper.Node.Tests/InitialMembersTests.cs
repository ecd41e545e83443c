using Cloudkeeper.Node.Configuration;

namespace Cloudkeeper.Node.Tests;

public sealed class InitialMembersTests
{
    [Fact]
    public void Members_are_read_in_any_order_and_found_the_same_cluster()
    {
        var one = InitialMembers.Of(Options("1=http://a:1, 2=http://b:2/"));
        var two = InitialMembers.Of(Options("2=http://b:2,1=http://a:1"));

        Assert.Equal(["http://a:1", "http://b:2"], one.Members.Select(m => m.Address));
        Assert.Equal(InitialMembers.ClusterId(one), InitialMembers.ClusterId(two));
        Assert.NotEqual(InitialMembers.ClusterId(one), InitialMembers.ClusterId(InitialMembers.Of(Options("1=http://a:1"))));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var result = new InitialMembers().Validate(null, Options("x=http://a:1,2,2=ftp://b,3=http://c:3,3=http://d:4"));

        Assert.True(result.Failed);
        Assert.Equal(4, result.Failures!.Count());
        Assert.All(result.Failures!, f => Assert.StartsWith("Node:Members", f, StringComparison.Ordinal));
    }

    [Fact]
    public void The_node_must_be_among_its_members()
    {
        var result = new InitialMembers().Validate(null, Options("2=http://b:2"));
        Assert.Contains("does not contain Node:Id 1", Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    private static NodeOptions Options(string members) => new() { Id = 1, Members = members };
}
