using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Machine;

/// <summary>What a start does not use it does not need (F-09): as init systems and containers start programs.</summary>
public sealed class BareStartTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-bare-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Without_a_home_room_for_temporary_files_a_known_language_and_a_time_zone()
    {
        var ports = FreePorts.Take(3);
        using var node = Create("Node1", ports, url => [$"--Node:Members=1={url}", "--Node:Id=1", $"--Node:DataDirectory={_folder}/data"]);
        var nodes = node.Address.GetLeftPart(UriPartial.Authority);
        using var gateway = Create("Gateway1", ports, url => [$"--Gateway:Nodes={nodes}", $"--Gateway:AdvertisedAddress={url}"]);
        using var proxy = Create("Proxy", ports, _ => [$"--Proxy:Nodes={nodes}"]);
        foreach (var server in (ServerProcess[])[node, gateway, proxy])
        {
            server.Start();
        }

        using var client = new ApiClient(proxy.Address);
        await Eventually.TrueAsync(
            async () => (await client.TryGetAsync("/readyz"))?.Status == 200, Limit, "all is ready");
        Assert.Equal(201, (await client.PutAsync("/v1/nodes/a", "value")).Status);
        Assert.Equal("value", (await client.GetAsync("/v1/nodes/a")).Text);
    }

    private ServerProcess Create(string name, Queue<int> ports, Func<string, string[]> arguments)
    {
        var url = $"http://127.0.0.1:{ports.Dequeue()}";
        return new ServerProcess(name, new Uri(url), [$"--urls={url}", .. arguments(url)], _folder)
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["HOME"] = "/nonexistent",
                ["TMPDIR"] = "/nonexistent",
                ["LANG"] = "xx_YY.UTF-8",
                ["TZ"] = "Nowhere/Anywhere",
            },
        };
    }
}
