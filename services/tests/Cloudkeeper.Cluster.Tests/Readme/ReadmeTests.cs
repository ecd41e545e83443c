using Cloudkeeper.Cluster.Tests.Clusters;

namespace Cloudkeeper.Cluster.Tests.Readme;

/// <summary>What the README tells its reader to type works, in the order in which it is printed.</summary>
public sealed class ReadmeTests : ClusterTest
{
    private static readonly TimeSpan StreamLimit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Every_curl_line_of_the_README_works_as_printed()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"), Stopping);
        var commands = ReadmeCommand.Extract(readme.Replace("127.0.0.1:8080", Cluster.Proxy.Address.Authority, StringComparison.Ordinal)
            .Replace("localhost:8080", Cluster.Proxy.Address.Authority, StringComparison.Ordinal));
        Assert.NotEmpty(commands);
        using var shell = new ShellSession();
        foreach (var command in commands)
        {
            if (command.IsStream)
            {
                await shell.StartStreamAsync(command);
                continue;
            }

            var run = await shell.RunAsync(command.Text);
            Assert.True(run.ExitCode == 0, $"{command.Text}\nexit status {run.ExitCode}\n{run.Output}{run.Error}");
            Assert.True(command.Matches(run.Output), $"{command.Text}\nanswers\n{run.Output}\nnot\n{string.Join('\n', command.Answer)}");
        }

        foreach (var stream in shell.Streams)
        {
            await Eventually.TrueAsync(
                () => Task.FromResult(stream.Matches(shell.OutputOf(stream))),
                StreamLimit,
                $"{stream.Text}\nanswers\n{string.Join('\n', stream.Answer)}");
        }
    }
}
