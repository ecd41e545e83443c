using System.Net;
using Cloudkeeper.Hosting.Guard;

namespace Cloudkeeper.Hosting.Tests.Guard;

public sealed class AcceptedHostsTests
{
    private static readonly IPAddress Interface = IPAddress.Parse("172.17.0.3");

    private readonly AcceptedHosts _hosts = new(["node1", "Gateway.Example.org", "10.0.0.7", "*.corp.example"], [new Members()]);

    [Theory]
    [InlineData("localhost")]
    [InlineData("localhost:8080")]
    [InlineData("localhost:1")]
    [InlineData("LOCALHOST:8080")]
    [InlineData("localhost.")]
    [InlineData("localhost.:8080")]
    [InlineData("a.localhost")]
    [InlineData("a.b.LocalHost:80")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:8080")]
    [InlineData("127.255.1.2:1")]
    [InlineData("[::1]")]
    [InlineData("[::1]:8080")]
    [InlineData("[0:0:0:0:0:0:0:1]:8080")]
    [InlineData("[::ffff:127.0.0.1]:8080")]
    [InlineData("node1:7000")]
    [InlineData("NODE1.")]
    [InlineData("gateway.example.org:7100")]
    [InlineData("10.0.0.7:7000")]
    [InlineData("a.corp.example")]
    [InlineData("joined.example:7000")]
    [InlineData("10.0.0.9:7000")]
    public void A_host_of_this_machine_or_of_the_settings_is_accepted(string host) =>
        Assert.True(_hosts.Accepts(host, IPAddress.Loopback, out _));

    [Theory]
    [InlineData("")]
    [InlineData("evil.example")]
    [InlineData("evil.example:8080")]
    [InlineData("rebind.evil.example:8080")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("evil-localhost")]
    [InlineData("evillocalhost")]
    [InlineData(".localhost")]
    [InlineData("a..localhost")]
    [InlineData("localhost..")]
    [InlineData("localhost:8080:8080")]
    [InlineData("localhost:x")]
    [InlineData("localhost:808080")]
    [InlineData("localhost:-1")]
    [InlineData("localhost@evil.example")]
    [InlineData("evil.example@localhost")]
    [InlineData("localhost/")]
    [InlineData("localhost, evil.example")]
    [InlineData("localhost evil.example")]
    [InlineData(" localhost")]
    [InlineData("loc%61lhost")]
    [InlineData("\uff4cocalhost")]
    [InlineData("xn--lcalhost-g9a")]
    [InlineData("2130706433")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("127.1")]
    [InlineData("127.0.0.01")]
    [InlineData("0.0.0.0:8080")]
    [InlineData("[::]:8080")]
    [InlineData("::1")]
    [InlineData("[::1%25lo]:8080")]
    [InlineData("[::1%lo]:8080")]
    [InlineData("[::1")]
    [InlineData("[::1]8080")]
    [InlineData("[127.0.0.1]")]
    [InlineData("[localhost]")]
    [InlineData("10.0.0.8")]
    [InlineData("[fe80::1]")]
    [InlineData("corp.example")]
    [InlineData("evilcorp.example")]
    [InlineData("node1.evil.example")]
    [InlineData("node2:7000")]
    public void Any_other_host_is_not(string host) => Assert.False(_hosts.Accepts(host, IPAddress.Loopback, out _));

    /// <summary>A name can be made to point here, an address cannot.</summary>
    [Theory]
    [InlineData("172.17.0.3:7000", true)]
    [InlineData("192.168.1.5:8080", true)]
    [InlineData("[2001:db8::1]:8080", true)]
    [InlineData("[fe80::1%eth0]:8080", false)]
    [InlineData("3232235781", false)]
    [InlineData("evil.example", false)]
    [InlineData("192.168.1.5.evil.example", false)]
    public void Where_connections_come_to_an_interface_any_address_is_accepted_and_no_other_name(string host, bool accepted)
    {
        Assert.Equal(accepted, _hosts.Accepts(host, Interface, out var isForAll));
        Assert.False(isForAll);
        Assert.Equal(accepted, _hosts.Accepts(host, Interface.MapToIPv6(), out _));
        Assert.False(_hosts.Accepts(host, IPAddress.Loopback.MapToIPv6(), out _));
        Assert.False(_hosts.Accepts(host, local: null, out _));
    }

    [Fact]
    public void The_hosts_of_all_addresses_in_the_settings_are_found()
    {
        var settings = new ConfigurationManager
        {
            ["urls"] = "http://here:7000;http://+:7001;http://0.0.0.0:7002;http://[::]:7003",
            ["Node:Members"] = "1=http://node1:7000, 2=http://10.0.0.2:7000",
            ["Node:Join"] = "http://seed.example:7000,not-an-address",
            ["Gateway:AdvertisedAddress"] = "http://b\u00fccher.example:7100/",
            ["Gateway:Nodes:0"] = "http://[2001:db8::1]:7000",
            ["Gateway:Redis"] = "redis:6379,password=secret",
            ["Kestrel:Endpoints:Other:Url"] = "http://other:7000",
            ["Proxy:Gateways"] = "https://gateway1:7100",
            ["Another:Setting"] = "http://elsewhere:80",
        };

        Assert.Equal(
            ["10.0.0.2", "[2001:db8::1]", "gateway1", "here", "node1", "other", "seed.example", "xn--bcher-kva.example"],
            SettingHosts.Of(settings).Order(StringComparer.Ordinal));
    }

    private sealed class Members : IHostSource
    {
        public IEnumerable<string> Addresses => ["http://joined.example:7000", "http://10.0.0.9:7000", "unreadable"];
    }
}
