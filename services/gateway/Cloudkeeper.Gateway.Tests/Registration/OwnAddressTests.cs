using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Registration;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Gateway.Tests.Registration;

public sealed class OwnAddressTests
{
    [Theory]
    [InlineData("urls", "http://+:7100")]
    [InlineData("urls", "http://*:7100")]
    [InlineData("urls", "http://0.0.0.0:7100")]
    [InlineData("urls", "http://[::]:7100")]
    [InlineData("urls", "http://*:0")]
    [InlineData("urls", "http://unix:/run/gateway.sock")]
    [InlineData("urls", "http://+:7100;http://10.0.0.4:7101")]
    [InlineData("urls", "http://10.0.0.4:7100;http://10.0.0.5:7100")]
    [InlineData("urls", "http://localhost:7100")]
    [InlineData("http_ports", "8080")]
    [InlineData("Kestrel:Endpoints:Http:Url", "http://0.0.0.0:7100")]
    public void A_gateway_that_does_not_know_where_it_is_reached_does_not_start(string setting, string value)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Start((setting, value)));
        var failure = Assert.Single(error.Failures);
        Assert.StartsWith("Gateway:AdvertisedAddress must say", failure, StringComparison.Ordinal);
        Assert.Contains("listens on http", failure, StringComparison.Ordinal);

        Start((setting, value), ("Gateway:AdvertisedAddress", "http://gateway4:7100"));
        Start((setting, value), ("Gateway:Register", "false"));
    }

    [Theory]
    [InlineData("http://+:7100")]
    [InlineData("http://*:7100")]
    [InlineData("http://0.0.0.0:7100")]
    [InlineData("http://[::]:7100")]
    [InlineData("http://gateway4:0")]
    [InlineData("http://gateway4:7100/path")]
    [InlineData("http://user@gateway4:7100")]
    [InlineData("gateway4:7100")]
    [InlineData("http://a:1,http://b:2")]
    public void An_unreachable_advertised_address_is_reported_at_the_start(string address)
    {
        var error = Assert.Throws<OptionsValidationException>(() => Start(("Gateway:AdvertisedAddress", address)));
        Assert.StartsWith("Gateway:AdvertisedAddress is", Assert.Single(error.Failures), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://10.0.0.1:7000", "http://10.0.0.4:7100", "", "http://10.0.0.4:7100")]
    [InlineData("http://10.0.0.1:7000", "http://Gateway4:7100/", "", "http://gateway4:7100")]
    [InlineData("http://127.0.0.1:7000,http://localhost:7001", "http://127.0.0.1:7100", "", "http://127.0.0.1:7100")]
    [InlineData("http://10.0.0.1:7000", "http://+:7100", "http://Gateway4:80/", "http://gateway4")]
    [InlineData("http://10.0.0.1:7000", "http://+:7100", "http://127.0.0.1:7100", "http://127.0.0.1:7100")]
    public void Elsewhere_it_is_reached_where_it_listens_or_at_its_advertised_address(string nodes, string urls, string advertised, string address)
    {
        var options = new GatewayOptions { Nodes = nodes.Split(','), AdvertisedAddress = advertised };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("urls", urls)]).Build();
        Assert.Equal((address, null), OwnAddress.Of(options, configuration));
    }

    private static void Start(params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(
            [new("Gateway:Nodes", "http://10.0.0.1:7000"), new("Hosting:ClusterKey", "none")]);
        builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)));
        builder.AddGateway();
        using var services = builder.Services.BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
    }
}
