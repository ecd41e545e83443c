using Cloudkeeper.Gateway.Configuration;
using Microsoft.Extensions.Options;

namespace Cloudkeeper.Gateway.Tests.Configuration;

public sealed class GatewayOptionsTests
{
    [Fact]
    public void The_defaults_need_only_nodes() =>
        Assert.True(new GatewayOptionsValidator().Validate(null, new GatewayOptions { Nodes = ["http://n1"] }).Succeeded);

    [Fact]
    public void All_errors_are_reported_at_once_each_with_its_setting()
    {
        var result = new GatewayOptionsValidator().Validate(null, new GatewayOptions
        {
            Nodes = ["n1:80", "http://n2"],
            Instance = "a/b",
            AdvertisedAddress = "ftp://x",
            Lanes = 0,
            RequestTimeout = TimeSpan.Zero,
            ProgressInterval = TimeSpan.FromSeconds(11),
        });
        string[] settings = ["Nodes", "Instance", "AdvertisedAddress", "Lanes", "RequestTimeout", "ProgressInterval"];
        Assert.Equal(settings.Length, result.Failures!.Count());
        Assert.All(settings, setting => Assert.Contains(
            result.Failures!, failure => failure.Contains("Gateway:" + setting, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Gateway:Nodes", "http://n1:1, http://n2:2/,")]
    [InlineData("Gateway:Nodes:0", "http://n1:1")]
    public void Nodes_are_a_list_or_separated_by_commas(string key, string value)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { [key] = value });
        builder.AddGateway();
        using var app = builder.Services.BuildServiceProvider();
        var addresses = app.GetRequiredService<IOptions<GatewayOptions>>().Value.NodeAddresses;
        Assert.Equal(new Uri("http://n1:1/"), addresses[0]);
        Assert.Equal(value.Contains(',', StringComparison.Ordinal) ? 2 : 1, addresses.Count);
    }
}
