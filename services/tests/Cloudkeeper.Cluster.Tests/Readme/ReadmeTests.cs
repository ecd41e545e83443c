using System.Diagnostics;

namespace Cloudkeeper.Cluster.Tests.Readme;

/// <summary>The commands of README and documents work as printed and in their order, each document by itself.</summary>
public sealed class ReadmeTests : ClusterTest
{
    private static readonly TimeSpan StreamLimit = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("README.md")]
    [InlineData("services/API.md")]
    [InlineData("infra/RUNBOOK.md")]
    public async Task Every_curl_line_of_a_document_works_as_printed(string document)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, document), Stopping);
        var commands = ReadmeCommand.Extract(text.Replace("127.0.0.1:8080", Cluster.Proxy.Address.Authority, StringComparison.Ordinal)
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
            await WaitForAnswerAsync(shell, stream);
        }
    }

    private static async Task WaitForAnswerAsync(ShellSession shell, ReadmeCommand stream)
    {
        var started = Stopwatch.GetTimestamp();
        while (!stream.Matches(shell.OutputOf(stream)))
        {
            Assert.True(
                Stopwatch.GetElapsedTime(started) < StreamLimit,
                $"{stream.Text}\nanswers\n{shell.OutputOf(stream)}\nnot\n{string.Join('\n', stream.Answer)}");
            await Task.Delay(TimeSpan.FromMilliseconds(25), Stopping);
        }
    }
}
