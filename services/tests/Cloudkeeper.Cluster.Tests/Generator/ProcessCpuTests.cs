using Cloudkeeper.LoadGenerator.Processes;

namespace Cloudkeeper.Cluster.Tests.Generator;

public sealed class ProcessCpuTests
{
    [Fact]
    public void User_and_system_time_are_found_behind_any_name() =>
        Assert.Equal(
            TimeSpan.FromSeconds(3.5),
            ProcessCpu.Parse("42 (a (b) c) S 1 42 42 0 -1 4194560 1 0 0 0 300 50 0 0 20 0 9 0 100 1000 10"));

    [Fact]
    public void The_time_of_this_process_grows_and_a_missing_one_is_left_out()
    {
        ObservedProcess[] processes = [new("self", Environment.ProcessId), new("absent", int.MaxValue)];

        var samples = ProcessCpu.Sample(processes);

        Assert.True(samples["self"] > TimeSpan.Zero);
        Assert.False(samples.ContainsKey("absent"));
        Assert.Equal(TimeSpan.Zero, ProcessCpu.Spent(samples, samples)["self"]);
    }

    [Theory]
    [InlineData("/srv/Cloudkeeper.Node --Node:Id=2", "node2")]
    [InlineData("dotnet /srv/Cloudkeeper.Gateway.dll --Gateway:Instance=g1", "g1")]
    [InlineData("Cloudkeeper.Proxy", "proxy")]
    [InlineData("grep -r Cloudkeeper.Node", null)]
    [InlineData("vim notes Cloudkeeper.Node", null)]
    public void Servers_are_named_after_their_command_line(string commandLine, string? name) =>
        Assert.Equal(name, ObservedProcess.NameOf(commandLine.Split(' ')));
}
