using System.Globalization;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Local;

/// <summary>The cluster that one command has started grows and shrinks by commands from a second terminal.</summary>
public sealed class LocalVerbTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("cloudkeeper-local-").FullName;
    private readonly Queue<int> _ports = FreePorts.Take(2);

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_cluster_grows_shrinks_replaces_a_node_and_is_the_same_after_a_restart()
    {
        var (port, basePort) = (_ports.Dequeue(), _ports.Dequeue());
        using (var local = await StartAsync(port, basePort))
        {
            using var client = new ApiClient(local.Address);
            Assert.Equal(201, (await client.PutAsync("/v1/nodes/kept", "value")).Status);

            await ShowsAsync("add node", "node4 has joined as n4", "n4 has caught up", "n4 votes", "n4 is able to lead");
            await ShowsAsync("transfer node4", "n4 leads, after ");
            await ShowsAsync("transfer node4", "n4 leads already");
            await ShowsAsync("remove node1 node4", "n4 leads: another voter takes over first", "n1, n4 left the cluster: 2 voters");
            await ShowsAsync("replace node2", "n2 left the cluster", "node5 has joined as n5", "n5 is able to lead");
            await ShowsAsync("add gateway", "gateway3 has registered");
            await ShowsAsync("remove gateway1", "gateway1 was stopped");
            await ShowsAsync("status", "node3", "node5", "gateway3", "2 voters, 2 of them are a majority");
            Assert.Equal("value", (await client.GetAsync("/v1/nodes/kept")).Text);
            Assert.Equal(0, await local.InterruptAsync());
        }

        using var again = await StartAsync(port, basePort, "--nodes=2");
        var status = await ShowsAsync("status", "node3", "node5", "gateway2", "gateway3", "2 voters, 2 of them are a majority");
        Assert.DoesNotContain("node1", status.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("gateway1 ", status.Output, StringComparison.Ordinal);
        using var reader = new ApiClient(again.Address);
        Assert.Equal("value", (await reader.GetAsync("/v1/nodes/kept")).Text);
        await RefusesAsync("remove node77", 1, "There is no node77. status shows what there is.");
        await RefusesAsync("remove proxy", 1, "There is one proxy, and every client needs it.");
        await RefusesAsync("remove node3 node5", 1, "unsafe-change");
        await RefusesAsync("remove gateway2 gateway3", 1, "That would be the last gateway: add another one first.");
    }

    [Theory]
    [InlineData("ad node", "There is no command ad. --help shows which there are.")]
    [InlineData("add nodes", "add takes 'node' or 'gateway'.")]
    [InlineData("remove", "remove takes the names of nodes or gateways, as status shows them.")]
    [InlineData("backup one two", "backup takes a file that does not exist yet.")]
    public async Task A_command_that_it_does_not_understand_is_named(string command, string message) =>
        await RefusesAsync(command, 2, message);

    [Fact]
    public async Task A_command_to_a_cluster_that_does_not_run_prints_how_to_start_one() =>
        await RefusesAsync("status", 1, $"No local cluster runs with the data in {_data}. Start one");

    [Fact]
    public async Task Options_that_contradict_the_data_are_refused()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_data, "local.json"),
            """{"basePort":7000,"founders":[1,2,3],"nodes":[1,2,3,4],"gateways":[1],"lastNode":4}""",
            TestContext.Current.CancellationToken);
        await RefusesAsync("--nodes=3", 2, "holds a cluster of 4 nodes: leave --nodes away");
        await RefusesAsync("--base-port=8000", 2, "listen from port 7000 on");
        await File.WriteAllTextAsync(Path.Combine(_data, "local.json"), "{}", TestContext.Current.CancellationToken);
        await RefusesAsync("--nodes=3", 2, "does not list the nodes");
    }

    private async Task<LocalCommand> StartAsync(int port, int basePort, string nodes = "--nodes=3")
    {
        var local = LocalCommand.Start(_data, port, basePort, nodes);
        await local.WaitUntilReadyAsync();
        return local;
    }

    /// <summary>It succeeds, and its output has these words in this order.</summary>
    private async Task<Command> ShowsAsync(string command, params string[] words)
    {
        var run = await RunAsync(command);
        Assert.True(run.ExitCode == 0, $"{command}: {run.ExitCode}\n{run.Output}{run.Error}");
        var at = 0;
        foreach (var word in words)
        {
            var found = run.Output.IndexOf(word, at, StringComparison.Ordinal);
            Assert.True(found >= 0, string.Create(CultureInfo.InvariantCulture, $"{command} does not say '{word}' after {at}:\n{run.Output}"));
            at = found + word.Length;
        }

        return run;
    }

    private async Task RefusesAsync(string command, int exitCode, string message)
    {
        var run = await RunAsync(command);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private Task<Command> RunAsync(string command) =>
        Command.RunAsync("dotnet", [LocalCommand.Assembly, .. command.Split(' '), "--data", _data]);
}
