namespace Cloudkeeper.Hosting.Tests;

public sealed class ReachableAddressTests
{
    private static readonly string[] Remote = ["http://10.0.0.1:7000"];

    [Theory]
    [InlineData("http://10.0.0.4:7100", "http://10.0.0.4:7100")]
    [InlineData(" HTTP://Gateway_1.Example:7100/ ", "http://gateway_1.example:7100")]
    [InlineData("http://gateway:80", "http://gateway")]
    [InlineData("https://gateway:443/", "https://gateway")]
    [InlineData("http://XN--bcher-kva:1", "http://xn--bcher-kva:1")]
    [InlineData("http://127.1:1", "http://127.0.0.1:1")]
    [InlineData("http://0x7f000001:1", "http://127.0.0.1:1")]
    [InlineData("http://[2001:DB8:0::1]:7100", "http://[2001:db8::1]:7100")]
    [InlineData("http://[::ffff:10.0.0.4]:1", "http://10.0.0.4:1")]
    public void Each_address_has_one_spelling(string text, string address)
    {
        Assert.Equal(address, ReachableAddress.Parse(text));
        Assert.Equal(address, ReachableAddress.Parse(address));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("gateway:7100")]
    [InlineData("//gateway:7100")]
    [InlineData("ftp://gateway:7100")]
    [InlineData("http://")]
    [InlineData("http://+:7100")]
    [InlineData("http://*:7100")]
    [InlineData("http://0.0.0.0:7100")]
    [InlineData("http://0:7100")]
    [InlineData("http://０.0.0.0:7100")]
    [InlineData("http://bücher.example:7100")]
    [InlineData("http://[::]:7100")]
    [InlineData("http://[0:0::0]:7100")]
    [InlineData("http://[::ffff:0.0.0.0]:7100")]
    [InlineData("http://224.0.0.1:7100")]
    [InlineData("http://255.255.255.255:7100")]
    [InlineData("http://[ff02::1]:7100")]
    [InlineData("http://[fe80::1%25eth0]:7100")]
    [InlineData("http://gateway:0")]
    [InlineData("http://gateway:65536")]
    [InlineData("http://gateway:7100/path")]
    [InlineData("http://gateway:7100/?query")]
    [InlineData("http://gateway:7100?")]
    [InlineData("http://gateway:7100/#fragment")]
    [InlineData("http://user@gateway:7100")]
    [InlineData("http://user:password@gateway:7100")]
    [InlineData("http://unix:/run/gateway.sock")]
    [InlineData("http://pipe:/gateway")]
    [InlineData("http://a b:7100")]
    [InlineData("http://a,http://b")]
    [InlineData("http://a;http://b")]
    public void Text_that_others_cannot_use_is_no_address(string? text) => Assert.Null(ReachableAddress.Parse(text));

    [Fact]
    public void An_address_has_an_end() =>
        Assert.Null(ReachableAddress.Parse("http://" + string.Join('.', Enumerable.Repeat(new string('a', 60), 5)) + ":1"));

    [Theory]
    [InlineData("urls", "http://10.0.0.4:7100", "http://10.0.0.4:7100")]
    [InlineData("urls", "http://Gateway4:7100/", "http://gateway4:7100")]
    [InlineData("urls", "https://gateway4:7100", "https://gateway4:7100")]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://10.0.0.4:7100", "http://10.0.0.4:7100")]
    public void One_address_that_others_can_use_is_that_of_the_process(string setting, string value, string address) =>
        Assert.Equal((address, null), ReachableAddress.FromListening(Configuration(setting, value), Remote));

    [Theory]
    [InlineData("urls", "http://+:7100")]
    [InlineData("urls", "http://*:7100")]
    [InlineData("urls", "http://0.0.0.0:7100")]
    [InlineData("urls", "http://[::]:7100")]
    [InlineData("urls", "http://10.0.0.4:0")]
    [InlineData("urls", "http://unix:/run/gateway.sock")]
    [InlineData("urls", "http://+:7100;http://10.0.0.4:7101")]
    [InlineData("urls", "http://10.0.0.4:7101;http://+:7100")]
    [InlineData("urls", "http://10.0.0.4:7100;http://10.0.0.5:7100")]
    [InlineData("urls", "http://localhost:7100")]
    [InlineData("urls", "http://127.0.0.1:7100")]
    [InlineData("urls", "http://[::1]:7100")]
    [InlineData("http_ports", "7100")]
    [InlineData("https_ports", "7100")]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://*:7100")]
    public void Where_one_listens_is_not_taken_for_where_one_is_reached(string setting, string value)
    {
        var (address, problem) = ReachableAddress.FromListening(Configuration(setting, value), Remote);
        Assert.Null(address);
        Assert.StartsWith("listens on http", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:7100")]
    [InlineData("http://localhost:7100")]
    public void A_loopback_address_will_do_while_all_others_are_on_this_machine(string url)
    {
        var configuration = Configuration("urls", url);
        Assert.Equal((url, null), ReachableAddress.FromListening(configuration, ["http://127.0.0.1:1", "http://localhost:2"]));
        Assert.Equal((url, null), ReachableAddress.FromListening(configuration, []));
        Assert.Null(ReachableAddress.FromListening(configuration, ["http://127.0.0.1:1", "http://node2:2"]).Address);
    }

    [Fact]
    public void Without_any_setting_it_is_where_the_web_server_listens_by_default() =>
        Assert.Equal(("http://localhost:5000", null), ReachableAddress.FromListening(Configuration("nothing", ""), Remote));

    [Fact]
    public void A_port_that_the_system_chooses_is_known_later()
    {
        var configuration = Configuration("urls", "http://10.0.0.4:0");
        Assert.Equal(("http://10.0.0.4:0", null), ReachableAddress.FromListening(configuration, Remote, mayChoosePort: true));
        Assert.Null(ReachableAddress.FromListening(Configuration("urls", "http://*:0"), Remote, mayChoosePort: true).Address);
    }

    private static IConfigurationRoot Configuration(string setting, string value) => new ConfigurationBuilder()
        .AddInMemoryCollection([new(setting, value)]).Build();
}
