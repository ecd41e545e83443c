using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;
using Cloudkeeper.Cluster.Tests.Local;

namespace Cloudkeeper.Cluster.Tests.Machine;

/// <summary>Only its user can read what a cluster leaves on the disk of a machine (AT-21).</summary>
public sealed class FileModeTests : IDisposable
{
    private const UnixFileMode Foreign = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("cloudkeeper-modes-").FullName;

    private string Data => Path.Combine(_folder, "data");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Files_of_a_local_cluster_are_private_and_those_of_a_former_version_become_so()
    {
        var ports = FreePorts.Take(2);
        var (port, basePort) = (ports.Dequeue(), ports.Dequeue());
        var backup = Path.Combine(_folder, "backup");
        using (var local = Start(port, basePort))
        {
            await local.WaitUntilReadyAsync();
            await WriteUntilThereIsASnapshotAsync(local);
            var command = await Command.RunAsync("dotnet", [LocalCommand.Assembly, "backup", backup, "--data", Data]);
            Assert.True(command.ExitCode == 0, command.Output + command.Error);
            Assert.Contains(Everything(), entry => entry.EndsWith("local.sock", StringComparison.Ordinal));
            AssertPrivate([.. Everything(), backup]);
            await local.InterruptAsync();
        }

        AssertPrivate(Everything());
        foreach (var entry in Everything().Where(entry => Path.GetFileName(entry) != "cluster.key"))
        {
            File.SetUnixFileMode(entry, File.GetUnixFileMode(entry) | (Foreign & ~UnixFileMode.OtherWrite));
        }

        using (var local = Start(port, basePort))
        {
            await local.WaitUntilReadyAsync();
            Assert.Contains("Other users of this machine had rights to", local.Output, StringComparison.Ordinal);
            AssertPrivate(Everything());
            using var client = new ApiClient(local.Address);
            Assert.Equal("value", (await client.GetAsync("/v1/nodes/0")).Text);
            await local.InterruptAsync();
        }

        var key = Path.Combine(Data, "cluster.key");
        File.SetUnixFileMode(key, File.GetUnixFileMode(key) | UnixFileMode.OtherRead);
        using var refused = Start(port, basePort);
        Assert.Equal(2, await refused.WaitForExitAsync());
        Assert.Contains($"chmod 600 {key}", refused.Output, StringComparison.Ordinal);
        Assert.NotEqual(UnixFileMode.None, File.GetUnixFileMode(key) & UnixFileMode.OtherRead);
    }

    [Fact]
    public async Task A_node_takes_the_rights_to_its_data_from_others_and_logs_it()
    {
        await using var cluster = await LocalCluster.StartAsync(nodes: 1, gateways: 1);
        var node = cluster.Nodes[0];
        await node.KillAsync();
        string[] data = [cluster.DataOf(node), .. Directory.EnumerateFiles(cluster.DataOf(node))];
        AssertPrivate(data);
        foreach (var entry in data)
        {
            File.SetUnixFileMode(entry, File.GetUnixFileMode(entry) | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        node.Start();
        await cluster.LeaderAsync();
        AssertPrivate(data);
        Assert.Contains(
            "Other users of this machine had rights to",
            await File.ReadAllTextAsync(node.LogFile, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    private static void AssertPrivate(IReadOnlyCollection<string> entries)
    {
        Assert.NotEmpty(entries);
        Assert.DoesNotContain(
            entries.Select(entry => (entry, Mode: ModeOf(entry))), found => (found.Mode & Foreign) != UnixFileMode.None);
    }

    /// <summary>None of a file that has gone meanwhile: those of a log come and go.</summary>
    private static UnixFileMode ModeOf(string entry)
    {
        try
        {
            return File.GetUnixFileMode(entry);
        }
        catch (FileNotFoundException)
        {
            return UnixFileMode.None;
        }
    }

    private LocalCommand Start(int port, int basePort) => LocalCommand.Start(
        Data,
        port,
        basePort,
        "--nodes=1",
        new Dictionary<string, string>(StringComparer.Ordinal) { ["Node__SnapshotLogEntries"] = "100" });

    private async Task WriteUntilThereIsASnapshotAsync(LocalCommand local)
    {
        using var client = new ApiClient(local.Address);
        var count = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"/v1/nodes/{count++}");
                Assert.Equal(201, (await client.PutAsync(path, "value")).Status);
                return count > 200 && Everything().Any(entry => Path.GetFileName(entry).StartsWith("snapshot", StringComparison.Ordinal));
            },
            Limit,
            "a snapshot");
    }

    private List<string> Everything() => [Data, .. Directory.EnumerateFileSystemEntries(Data, "*", SearchOption.AllDirectories)];
}
