using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Local;

/// <summary>The one command that starts everything, as a user sees it.</summary>
public sealed class LocalCommandTests : IDisposable
{
    private const int Nodes = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _data = Directory.CreateTempSubdirectory("cloudkeeper-local-").FullName;
    private readonly int _port;

    // Nodes and gateways listen on ports relative to one base: a number whose surroundings are likely to be free.
    private readonly int _basePort;

    public LocalCommandTests()
    {
        var ports = FreePorts.Take(2);
        _port = ports.Dequeue();
        _basePort = ports.Dequeue();
    }

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task The_lines_that_it_prints_can_be_pasted()
    {
        using var local = await StartAsync();
        var lines = local.Output.Split('\n').Select(line => line.Trim())
            .Where(line => line.StartsWith("curl ", StringComparison.Ordinal)).ToList();

        Assert.Equal(4, lines.Count);
        foreach (var line in lines)
        {
            // A watch goes on for as long as one looks: 28 is curl's word for a time that is over.
            var run = await Command.RunAsync("sh", ["-c", $"{line} --fail --silent --show-error --max-time 3"]);
            Assert.True(run.ExitCode is 0 or 28, $"{line}\n{run.Output}{run.Error}");
            Assert.NotEmpty(run.Output);
        }
    }

    [Fact]
    public async Task Writes_are_there_after_a_ctrl_c_and_a_second_start()
    {
        using (var first = await StartAsync())
        {
            using var client = new ApiClient(first.Address);
            Assert.Equal(201, (await client.PutAsync("/v1/nodes/kept", "value")).Status);
            Assert.Equal(0, await first.InterruptAsync());
            Assert.Empty(first.Children());
        }

        using var second = await StartAsync();
        using var again = new ApiClient(second.Address);
        Assert.Equal("value", (await again.GetAsync("/v1/nodes/kept")).Text);
    }

    [Fact]
    public async Task A_part_that_dies_is_reported_and_started_again()
    {
        using var local = await StartAsync();
        using var victim = local.Children("Cloudkeeper.Node")[0];

        victim.Kill();

        await Eventually.TrueAsync(
            () => Task.FromResult(local.Output.Contains($"(process {victim.Id}) died with exit code 137", StringComparison.Ordinal)),
            Limit,
            "the report");
        await Eventually.TrueAsync(
            () => Task.FromResult(local.Children("Cloudkeeper.Node").Count == Nodes), Limit, "three nodes again");
    }

    [Fact]
    public async Task Its_parts_do_not_outlive_it_however_it_ends()
    {
        using var local = await StartAsync();
        Assert.NotEmpty(local.Children());

        await local.KillAsync();

        await Eventually.TrueAsync(() => Task.FromResult(local.Children().Count == 0), Limit, "no process left");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, _port);
        listener.Start();

        using var local = LocalCommand.Start(_data, _port, _basePort);

        Assert.Equal(1, await local.WaitForExitAsync());
        Assert.Contains($"Port {_port}, for proxy, is taken.", local.Output, StringComparison.Ordinal);
        Assert.Contains("--port", local.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_that_the_machine_lacks_is_reported_before_anything_starts()
    {
        var deep = Path.Combine(_data, new string('d', 120));
        string[] arguments = [LocalCommand.Assembly, "--no-build", "--data", deep, "--from", Path.Combine(_data, "missing")];

        var run = await Command.RunAsync("sh", ["-c", "ulimit -n 1000; exec dotnet \"$@\"", "sh", .. arguments]);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("is too long for a socket", run.Error, StringComparison.Ordinal);
        Assert.Contains("missing", run.Error, StringComparison.Ordinal);
        Assert.Contains("ulimit -Hn 1024", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("--nodes 0", "--nodes takes a number from 1 to 9, not '0'.")]
    [InlineData("--gateways=many", "--gateways takes a number from 1 to 99, not 'many'.")]
    [InlineData("--data", "--data needs a value.")]
    [InlineData("--color", "There is no option --color. --help shows which there are.")]
    public async Task An_option_that_it_does_not_understand_is_named(string arguments, string message)
    {
        var run = await Command.RunAsync("dotnet", [LocalCommand.Assembly, .. arguments.Split(' ')]);
        Assert.Equal(2, run.ExitCode);
        Assert.Equal(message, run.Error.Trim());
    }

    [Fact]
    public async Task Help_names_every_option()
    {
        var run = await Command.RunAsync("dotnet", [LocalCommand.Assembly, "--help"]);
        Assert.Equal(0, run.ExitCode);
        Assert.All(["--nodes", "--gateways", "--port", "--base-port", "--data", "--no-build", "--help"],
            option => Assert.Contains($"  {option} ", run.Output, StringComparison.Ordinal));
    }

    private async Task<LocalCommand> StartAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var local = LocalCommand.Start(_data, _port, _basePort);
        await local.WaitUntilReadyAsync();
        TestContext.Current.TestOutputHelper?.WriteLine($"ready after {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        return local;
    }
}
