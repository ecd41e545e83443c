using Cloudkeeper.Node.Configuration;

namespace Cloudkeeper.Node.Tests;

public sealed class NodeSetupTests
{
    private const string Two = "1=http://a:1,2=http://b:2";

    [Fact]
    public void First_members_are_read_in_any_order_and_the_lowest_id_is_the_founder()
    {
        var setup = Valid(new NodeOptions { Id = 1, Members = "2=http://b:2/, 1=http://a:1" });

        Assert.Equal(["http://a:1", "http://b:2"], setup.FirstMembers.Select(m => m.Address));
        Assert.Equal("http://a:1", setup.Address);
        Assert.Equal(["http://b:2"], setup.OtherAddresses);
        Assert.True(setup.IsFounder);
        Assert.False(Valid(new NodeOptions { Id = 2, Members = Two }).IsFounder);
    }

    [Fact]
    public void All_errors_are_reported_at_once()
    {
        var problems = Problems(new NodeOptions
        {
            Id = 1,
            Members = "x=http://a:1,2,2=ftp://b,3=http://c:3,3=http://d:4,4=http://c:3,5=http://0.0.0.0:1",
            Join = "nowhere",
            Address = "a:7000",
        });

        Assert.Equal(6, problems.Count(p => p.StartsWith("Node:Members:", StringComparison.Ordinal)));
        Assert.Single(problems, p => p.StartsWith("Node:Members does not contain Node:Id 1", StringComparison.Ordinal));
        Assert.Single(problems, p => p.StartsWith("Node:Join: 'nowhere'", StringComparison.Ordinal));
        Assert.Single(problems, p => p.StartsWith("Node:Address: \"a:7000\"", StringComparison.Ordinal));
        Assert.Single(problems, p => p.Contains("give one of them", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, "2=http://b:2", "does not contain Node:Id 1")]
    [InlineData(1, "", "give Node:Members as well")]
    public void An_id_goes_with_the_first_members(int id, string members, string problem)
    {
        var options = new NodeOptions { Id = id, Members = members };
        Assert.Contains(problem, Assert.Single(Problems(options, ("urls", "http://a:1"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://10.0.0.4:7000", "http://10.0.0.4:7000")]
    [InlineData("http://Node4:7000/", "http://node4:7000")]
    public void A_node_that_joins_is_reached_where_it_listens(string urls, string address)
    {
        var setup = Valid(new NodeOptions { Join = "http://a:1/,http://b:2" }, ("urls", urls));
        Assert.Equal(address, setup.Address);
        Assert.Equal(["http://a:1", "http://b:2"], setup.OtherAddresses);
    }

    [Fact]
    public void Without_any_setting_it_listens_where_the_web_server_does_by_default() =>
        Assert.Equal("http://localhost:5000", Valid(new NodeOptions()).Address);

    [Theory]
    [InlineData("urls", "http://+:7000")]
    [InlineData("urls", "http://*:7000")]
    [InlineData("urls", "http://0.0.0.0:7000")]
    [InlineData("urls", "http://[::]:7000")]
    [InlineData("urls", "http://127.0.0.1:0")]
    [InlineData("urls", "http://10.0.0.4:7000;http://127.0.0.1:7000")]
    [InlineData("http_ports", "8080")]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://*:7000")]
    public void The_address_must_be_set_when_it_cannot_be_derived(string setting, string value)
    {
        var problem = Assert.Single(Problems(new NodeOptions { Join = "http://a:1" }, (setting, value)));
        Assert.StartsWith("Node:Address must say", problem, StringComparison.Ordinal);

        Assert.Equal("http://me:7", Valid(new NodeOptions { Address = "http://me:7" }, (setting, value)).Address);
        Assert.Equal("http://b:2", Valid(new NodeOptions { Id = 2, Members = Two }, (setting, value)).Address);
    }

    [Fact]
    public void An_address_that_contradicts_the_first_members_is_refused() => Assert.Contains(
        "Node:Members says http://b:2",
        Assert.Single(Problems(new NodeOptions { Id = 2, Members = Two, Address = "http://c:3" })),
        StringComparison.Ordinal);

    [Fact]
    public void The_log_lists_given_settings_apart_from_the_defaults()
    {
        var options = new NodeOptions { Id = 2, Members = Two };
        Assert.Equal($"Node:Members={Two}, Node:Id=2", EffectiveOptions.Given(options));
        Assert.Contains("Node:ElectionTicks=10", EffectiveOptions.Defaults(options), StringComparison.Ordinal);
        Assert.DoesNotContain("Node:Id", EffectiveOptions.Defaults(options), StringComparison.Ordinal);
        Assert.Equal("none", EffectiveOptions.Given(new NodeOptions()));
    }

    private static NodeSetup Valid(NodeOptions options, params (string Key, string Value)[] settings)
    {
        var problems = new List<string>();
        var setup = NodeSetup.Create(options, Configuration(settings), problems);
        Assert.Empty(problems);
        return setup;
    }

    private static List<string> Problems(NodeOptions options, params (string Key, string Value)[] settings)
    {
        var result = new NodeOptionsValidation(Configuration(settings)).Validate(null, options);
        Assert.True(result.Failed);
        return [.. result.Failures!];
    }

    private static IConfigurationRoot Configuration((string Key, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)))
        .Build();
}
