using System.Text;
using Cloudkeeper.Hosting.Nodes;

namespace Cloudkeeper.Hosting.Tests.Nodes;

public sealed class ClusterViewTests
{
    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":7,"term":1,"members":[]}""")]
    [InlineData("""{"id":"c","term":"x","members":[]}""")]
    [InlineData("""{"id":"c","term":1e300,"members":[]}""")]
    [InlineData("""{"id":"c","term":99999999999999999999,"members":[]}""")]
    [InlineData("""{"id":"c","term":1,"members":{}}""")]
    [InlineData("""{"id":"c","term":1,"members":null}""")]
    [InlineData("""{"id":"c","id":"d","term":1,"members":[]}""")]
    [InlineData("""{"id":"c","term":1,"leader":"n1","members":[{"id":"n1","role":"voter","url":7}]}""")]
    public void Other_JSON_is_no_view(string json) => Assert.Null(Parse(json));

    /// <summary>Each of these was a URI that the client cannot call, or none at all.</summary>
    [Theory]
    [InlineData("null")]
    [InlineData("7", "null")]
    [InlineData("""{"id":"n2","role":"voter"}""")]
    [InlineData("""{"id":"n2","role":"voter","url":null}""")]
    [InlineData("""{"id":"n2","role":"voter","url":""}""")]
    [InlineData("""{"id":"n2","role":"voter","url":"file:///etc/passwd"}""")]
    [InlineData("""{"id":"n2","role":"voter","url":"node:7000"}""")]
    [InlineData("""{"id":"n2","role":"voter","url":"http://0.0.0.0:7000"}""")]
    public void A_member_that_cannot_be_reached_hides_no_other_one(params string[] members)
    {
        var view = Parse($$"""
            {"id":"c","node":"n1","leader":"n1","term":1,
             "members":[{{string.Join(',', members)}},{"id":"n1","role":"voter","url":"http://n1:7000"}]}
            """);
        Assert.Equal([new Uri("http://n1:7000")], view!.Voters);
        Assert.Equal(new Uri("http://n1:7000"), view.Leader);
    }

    private static ClusterView? Parse(string json) => ClusterView.TryParse(Encoding.UTF8.GetBytes(json));
}
