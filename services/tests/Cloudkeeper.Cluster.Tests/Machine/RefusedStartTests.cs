using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Disks;

namespace Cloudkeeper.Cluster.Tests.Machine;

/// <summary>
/// Programs on machines on which they cannot work: they end before they start, and report what to do (F-14).
/// </summary>
public sealed class RefusedStartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-refused-").FullName;
    private readonly Uri _address = new($"http://127.0.0.1:{FreePorts.Take(1).Dequeue()}");

    private string Url => _address.GetLeftPart(UriPartial.Authority);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("Node1", "--Node:Join=http://127.0.0.1:1")]
    [InlineData("Gateway1", "--Gateway:Nodes=http://127.0.0.1:1")]
    [InlineData("Proxy", "--Proxy:Gateways=http://127.0.0.1:1")]
    public async Task Too_few_descriptors(string name, string setting)
    {
        var data = Path.Combine(_folder, "data");
        var said = await EndAsync(78, name, 256, setting, $"--Node:DataDirectory={data}");
        Assert.Contains("This process may have 256 descriptors (ulimit -n); it needs 512", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "kept", TestContext.Current.CancellationToken);
        var said = await EndAsync(78, "Node1", null, $"--Node:DataDirectory={Path.Combine(file, "data")}");
        Assert.Contains($"Node:DataDirectory: {file} is no directory: move it away", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_data_directory_on_a_full_disk()
    {
        await using var disk = await SmallDisk.MountAsync(1);
        disk.Fill();
        var said = await EndAsync(1, "Node1", null, $"--Node:DataDirectory={Path.Combine(disk.Folder, "data")}");
        Assert.Contains($"Node:DataDirectory: the disk of {disk.Folder} has ", said, StringComparison.Ordinal);
        Assert.Contains("make room", said, StringComparison.Ordinal);
    }

    /// <returns>All its output.</returns>
    private async Task<string> EndAsync(int exitCode, string name, int? descriptors, params string[] arguments)
    {
        using var server = new ServerProcess(name, _address, [$"--urls={Url}", .. arguments], _folder) { Descriptors = descriptors };
        server.Start();
        Assert.Equal(exitCode, await server.WaitForExitAsync());
        return await File.ReadAllTextAsync(server.LogFile, TestContext.Current.CancellationToken);
    }
}
