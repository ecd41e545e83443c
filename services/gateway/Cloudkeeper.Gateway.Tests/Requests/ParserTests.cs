using System.Text;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Nodes;
using Cloudkeeper.Gateway.Requests;
using Cloudkeeper.Gateway.Serving;
using Cloudkeeper.Gateway.Transactions;
using Cloudkeeper.Gateway.Watches;
using Cloudkeeper.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudkeeper.Gateway.Tests.Requests;

public sealed class ParserTests
{
    private const int Rounds = 3_000;

    [Theory]
    [InlineData("0s", 0)]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5m", 90_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0.001s", 1)]
    [InlineData("01s", 1_000)]
    public void Durations_are_a_number_and_a_unit(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var parsed));
        Assert.Equal(milliseconds, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("10")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1 s")]
    [InlineData(" 1s")]
    [InlineData("1S")]
    [InlineData("1d")]
    [InlineData("1e3s")]
    [InlineData(".5s")]
    [InlineData("5.s")]
    [InlineData("1,5s")]
    [InlineData("0.5ms")]
    [InlineData("0.0001s")]
    [InlineData("1hs")]
    [InlineData("9999999999999999999h")]
    [InlineData("١s")]
    public void Nothing_else_is_a_duration(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "1ms")]
    [InlineData(999, "999ms")]
    [InlineData(1_000, "1s")]
    [InlineData(1_500, "1.5s")]
    [InlineData(3_600_000, "3600s")]
    public void Durations_are_written_so_that_they_are_read_again(long milliseconds, string text)
    {
        Assert.Equal(text, DurationText.Format(milliseconds));
        Assert.True(DurationText.TryParse(text, out var parsed));
        Assert.Equal(milliseconds, parsed);
    }

    [Theory]
    [InlineData("a=1", "a", "1")]
    [InlineData("b=2&a=1", "a", "1")]
    [InlineData("a=", "a", "")]
    [InlineData("a", "a", "")]
    [InlineData("aa=1", "a", null)]
    [InlineData("A=1", "a", null)]
    [InlineData("%61=%31", "a", "1")]
    [InlineData("a=x+y%2B%C3%B6", "a", "x y+ö")]
    [InlineData("a=1=2", "a", "1=2")]
    [InlineData("&&a=1&", "a", "1")]
    public void A_query_is_read_strictly(string query, string name, string? value) =>
        Assert.Equal(value, new RequestQuery("?" + query).Text(name));

    [Theory]
    [InlineData("a=1&a=1")]
    [InlineData("a=%")]
    [InlineData("a=%4")]
    [InlineData("a=%zz")]
    [InlineData("a=%ff")]
    [InlineData("a=%ed%a0%80")]
    public void An_ambiguous_query_is_refused(string query) =>
        Assert.Same(
            ErrorKinds.InvalidParameter,
            Assert.Throws<ProblemException>(() => new RequestQuery("?" + query).Text("a")).Problem.Kind);

    /// <summary>With any bytes, the answer is a value or a problem.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_input_breaks_a_parser(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < Rounds; i++)
        {
            var text = RandomText(random);
            Survive(() => RequestTarget.TreePath(text));
            Survive(() => DurationText.TryParse(text, out _));
            Survive(() => EntityTags.MatchesWeakly(text, new Revision(5)));
            Survive(() => IntegerText.ParseRevision(text));
            var context = Context(text);
            Survive(() => RequestTarget.TreePath(context));
            Survive(() => RequestTarget.HasEncodedDotSegment(context));
            Survive(() => WatchRequest.Of(context));
            Survive(() => NodeWait.Of(RequestQuery.Of(context)));
            Survive(() => NodeLifetime.Of(RequestQuery.Of(context)));
            Survive(() => ChildrenPage.Of(RequestQuery.Of(context)));
            Survive(() => SubtreePage.Of(RequestQuery.Of(context), "/a"));
            Survive(() => NodeConditions.Of(context, RequestQuery.Of(context)));
            Survive(() => MutationHeaders.Fences(context.Request));
            Survive(() => MutationHeaders.IdempotencyKey(context.Request));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_body_breaks_a_parser(int seed)
    {
        const string Start = """
            {"if":[{"path":"/a","exists":true,"revision":"5","version":1,"value":"x","encoding":"utf8"}],
            "then":[{"create":{"parent":"/a","prefix":"p","value":"aGk=","encoding":"base64","session":7,"parents":true}},
            {"set":{"path":"/b","contentType":"t/t","version":-1}},{"put":{"path":"/c","ttl":"1.5s"}},
            {"delete":{"path":"/d","recursive":true}},{"get":{"path":"/e"}},{"add":{"path":"/f","amount":-9}}],"else":[]}
            """;
        var random = new Random(seed);
        var context = new DefaultHttpContext();
        for (var i = 0; i < Rounds; i++)
        {
            var body = Encoding.UTF8.GetBytes(Start);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                body[random.Next(body.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : body[random.Next(body.Length)];
            }

            var cut = body.AsMemory(0, random.Next(5) == 0 ? random.Next(body.Length) : body.Length);
            Survive(() => TransactionParser.Parse(JsonBody.Parse(context, cut, GatewayJson.Default.TransactionBody)));
        }
    }

    private static void Survive(Action parse)
    {
        try
        {
            parse();
        }
        catch (ProblemException e)
        {
            Assert.InRange(e.Problem.Kind.Status, 400, 499);
        }
    }

    private static void Survive<T>(Func<T> parse) => Survive(() =>
    {
        parse();
    });

    private static DefaultHttpContext Context(string text)
    {
        var context = new DefaultHttpContext();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = "/" + text;
        context.Request.QueryString = new QueryString("?" + text.Replace("/", "&", StringComparison.Ordinal));
        context.Request.Headers.IfMatch = text;
        context.Request.Headers["Cloudkeeper-Fence"] = text;
        context.Request.Headers["Idempotency-Key"] = text;
        return context;
    }

    private static string RandomText(Random random)
    {
        string[] parts =
        [
            "/", "//", ".", "..", "%", "%2", "%2e", "%2F", "%ff", "%00", "a", "ö", "\ud800", "\uffff", "\0", "\"", "W/", ",", "*",
            "-", "+", "0", "9", "99999999999999999999", "ms", "s", "h", ".5", "?", "&", "=", " ", "path=/a", "wait=1s", "after=5",
            "from=", "scope=subtree", "session=1", "limit=10", "cursor=YQ", "version=-1", "ttl=1s", "kind=container", "v1/nodes",
        ];
        return string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => parts[random.Next(parts.Length)]));
    }
}
