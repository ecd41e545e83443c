using System.Text;
using Cloudkeeper.Proxy.Gateways;

namespace Cloudkeeper.Proxy.Tests;

public sealed class GatewayListTests
{
    /// <summary>Entries at which there is no gateway.</summary>
    public static readonly TheoryData<string> Garbage =
    [
        "{}",
        "null",
        "7",
        "\"http://127.0.0.1:1\"",
        "[]",
        """{"instance":"x","address":null}""",
        """{"instance":"x","address":7}""",
        """{"instance":"x","address":{}}""",
        """{"instance":"x","address":["http://127.0.0.1:1"]}""",
        """{"instance":null,"address":""}""",
        """{"instance":7,"address":" "}""",
        """{"instance":"x","address":"\ud800"}""",
        """{"instance":"\ud800","address":"x"}""",
        """{"instance":"x\r\n2026 forged","address":"x\u001b[2J"}""",
        """{"instance":"x","address":"127.0.0.1:1"}""",
        """{"instance":"x","address":"/readyz"}""",
        """{"instance":"x","address":"//127.0.0.1:1"}""",
        """{"instance":"x","address":"file:///etc/passwd"}""",
        """{"instance":"x","address":"ftp://127.0.0.1:1"}""",
        """{"instance":"x","address":"ws://127.0.0.1:1"}""",
        """{"instance":"x","address":"http://127.0.0.1:0"}""",
        """{"instance":"x","address":"http://127.0.0.1:65536"}""",
        """{"instance":"x","address":"http://0.0.0.0:1"}""",
        """{"instance":"x","address":"http://0:1"}""",
        """{"instance":"x","address":"http://[::]:1"}""",
        """{"instance":"x","address":"http://[::ffff:0.0.0.0]:1"}""",
        """{"instance":"x","address":"http://[fe80::1%25eth0]:1"}""",
        """{"instance":"x","address":"http://*:1"}""",
        """{"instance":"x","address":"http://+:1"}""",
        """{"instance":"x","address":"http://user:password@127.0.0.1:1"}""",
        """{"instance":"x","address":"http://127.0.0.1:1/path"}""",
        """{"instance":"x","address":"http://127.0.0.1:1/?query"}""",
        """{"instance":"x","address":"http://127.0.0.1:1/#fragment"}""",
        """{"instance":"x","address":"http://unix:/run/socket"}""",
        """{"instance":"x","address":"http://255.255.255.255:1"}""",
        """{"instance":"x","address":"http://a\\b:1"}""",
    ];

    [Theory]
    [MemberData(nameof(Garbage))]
    public void An_entry_that_is_no_gateway_hides_no_other_one(string entry)
    {
        var list = Parse($$"""{"gateways":[{{entry}},{"instance":"g1","address":"http://g:1"},{{entry}}]}""");
        Assert.Equal([new Uri("http://g:1")], list!.Usable);
        Assert.Equal((2, 2), (list.SkippedCount, list.Skipped.Count));
        Assert.All(list.Skipped, text => Assert.InRange(text.Length, 1, 1_000));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"gateways":null}""")]
    [InlineData("""{"gateways":{}}""")]
    [InlineData("""{"gateways":[]}""")]
    [InlineData("""{"gateways":[{"address":"http://127.0.0.1:1"}""")]
    [InlineData("<html>")]
    public void Other_JSON_is_no_list(string answer) => Assert.Empty(Parse(answer)?.Usable ?? []);

    [Fact]
    public void Each_authority_is_there_once()
    {
        string[] spellings = ["http://g:1", "http://g:1/", "HTTP://G:1", " http://g:1 ", "https://g:1"];
        var list = Parse($$"""{"gateways":[{{string.Join(',', spellings.Select(s => $$"""{"address":"{{s}}"}"""))}}]}""");
        Assert.Equal([new Uri("http://g:1")], list!.Usable);
        Assert.Equal(4, list.SkippedCount);
    }

    [Fact]
    public void An_entry_is_judged_by_the_caller()
    {
        var list = GatewayList.TryParse(
            """{"gateways":[{"instance":"x","address":"http://me:1"},{"address":"http://g:1"}]}"""u8.ToArray(),
            address => address.Host == "me" ? "is this proxy" : null);
        Assert.Equal([new Uri("http://g:1")], list!.Usable);
        Assert.Equal(["x (http://me:1) is this proxy"], list.Skipped);
    }

    /// <summary>Before feature level 4 any client may write there.</summary>
    [Fact]
    public void A_crowd_does_not_displace_gateways_that_are_in_use()
    {
        var crowd = string.Join(',', Enumerable.Range(1, 10_000).Select(i => $$"""{"address":"http://a{{i}}:1"}"""));
        var list = Parse($$"""{"gateways":[{{crowd}},{"address":"http://z1:1"},{"address":"http://z2:1"}]}""");
        var chosen = list!.Choose([new Uri("http://z1:1"), new Uri("http://gone:1")]);
        Assert.Equal(GatewayList.CountMax, chosen.Count);
        Assert.Contains(new Uri("http://z1:1"), chosen);
        Assert.DoesNotContain(new Uri("http://gone:1"), chosen);
    }

    private static GatewayList? Parse(string answer) => GatewayList.TryParse(Encoding.UTF8.GetBytes(answer), _ => null);
}
