using System.Net;
using System.Net.NetworkInformation;
using Cloudkeeper.Proxy.Gateways;

namespace Cloudkeeper.Proxy.Tests;

public sealed class OwnAddressTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080", true)]
    [InlineData("http://127.0.0.1:8080", "http://localhost:8080", true)]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8081", false)]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.2:8080", false)]
    [InlineData("http://127.0.0.1:8080", "http://10.0.0.4:8080", false)]
    [InlineData("http://localhost:8080", "http://127.0.0.1:8080", true)]
    [InlineData("http://localhost:8080", "http://[::1]:8080", true)]
    [InlineData("http://[::]:8080", "http://127.0.0.1:8080", true)]
    [InlineData("http://[::]:8080", "http://127.5.5.5:8080", true)]
    [InlineData("http://[::]:8080", "http://[::1]:8080", true)]
    [InlineData("http://0.0.0.0:8080", "http://localhost:8080", true)]
    [InlineData("http://0.0.0.0:8080", "http://192.0.2.1:8080", false)]
    [InlineData("http://0.0.0.0:8080", "http://gateway:8080", false)]
    [InlineData("http://proxy:8080", "http://proxy:8080", true)]
    [InlineData("http://*:80", "http://127.0.0.1", true)]
    public void An_address_that_leads_back_here_is_recognised(string listening, string address, bool isOwn) =>
        Assert.Equal(isOwn, new OwnAddress([listening]).Is(new Uri(address)));

    [Fact]
    public void All_addresses_of_the_machine_lead_here_when_the_proxy_listens_everywhere()
    {
        var own = new OwnAddress(["http://[::]:8080", "http://127.0.0.1:9090"]);
        var addresses = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)
            .Where(address => !address.IsIPv6LinkLocal);
        Assert.All(addresses, address => Assert.True(own.Is(new UriBuilder("http", address.ToString(), 8080).Uri)));
        Assert.True(own.Is(new Uri($"http://{Dns.GetHostName()}:8080")));
    }
}
