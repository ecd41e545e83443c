namespace Cloudkeeper.Hosting.Tests;

public sealed class ListeningAddressesTests
{
    [Theory]
    [InlineData("http://127.0.0.1:7001", true)]
    [InlineData("http://127.9.9.9", true)]
    [InlineData("http://localhost:5000", true)]
    [InlineData("HTTP://LocalHost:5000/", true)]
    [InlineData("http://[::1]:7001", true)]
    [InlineData("http://unix:/run/cloudkeeper.sock", true)]
    [InlineData("http://+:7000", false)]
    [InlineData("http://*:7000", false)]
    [InlineData("http://0.0.0.0:7000", false)]
    [InlineData("http://[::]:7000", false)]
    [InlineData("http://10.0.0.1:7000", false)]
    [InlineData("http://node1:7000", false)]
    [InlineData("http://localhosts:7000", false)]
    [InlineData("http://127.0.0.1.example:7000", false)]
    [InlineData("http://127.0.0.1@example:7000", false)]
    [InlineData("", false)]
    public void Only_addresses_that_no_other_machine_reaches_are_loopback(string url, bool isLoopback) =>
        Assert.Equal(isLoopback, ListeningAddresses.IsLoopback(url));

    [Theory]
    [InlineData("", "", "", "http://localhost:5000")]
    [InlineData("http://a:1;http://b:2", "", "", "http://a:1 http://b:2")]
    [InlineData("", "80;81", "443", "http://*:80 http://*:81 https://*:443")]
    [InlineData("http://a:1", "80", "", "http://a:1")]
    public void They_are_those_of_the_web_server(string urls, string ports, string httpsPorts, string expected) =>
        Assert.Equal(expected, string.Join(' ', ListeningAddresses.Of(Settings(
            ("urls", urls), ("http_ports", ports), ("https_ports", httpsPorts)))));

    [Fact]
    public void Endpoints_of_the_web_servers_own_section_come_first() => Assert.Equal(
        ["http://+:9"], ListeningAddresses.Of(Settings(("urls", "http://127.0.0.1:1"), ("Kestrel:Endpoints:Any:Url", "http://+:9"))));

    private static IConfigurationRoot Settings(params (string Name, string Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => new KeyValuePair<string, string?>(setting.Name, setting.Value)))
        .Build();
}
