using System.Diagnostics;

namespace Cloudkeeper.Local.Tests;

/// <summary>Logs may be lost, supervision not (F-13): with programs that print much and die.</summary>
public sealed class SupervisorTests : IDisposable
{
    /// <summary>More than a pipe holds: without a reader the program stops.</summary>
    private const string TalkAndDie =
        "i=0; while [ $i -lt 3000 ]; do echo \"info: a line of sixty characters, so that many fill a pipe\"; i=$((i+1)); done; "
        + "echo last >&2; exit 3";

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task A_part_whose_log_is_on_a_full_volume_is_started_again()
    {
        File.CreateSymbolicLink(_folder["part.log"], "/dev/full");
        await DiesAndIsStartedAgainAsync(_folder.Path);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_part_whose_log_may_not_be_written_is_started_again()
    {
        Directory.CreateDirectory(_folder["part.log"]);
        await DiesAndIsStartedAgainAsync(_folder.Path);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_part_whose_log_folder_cannot_be_made_is_started_again()
    {
        await File.WriteAllTextAsync(_folder["file"], "", TestContext.Current.CancellationToken);
        await DiesAndIsStartedAgainAsync(_folder["file"]);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_cannot_be_started_is_tried_again()
    {
        var tries = 0;
        var second = new TaskCompletionSource();
        using var supervisor = new Supervisor("part", () =>
        {
            if (++tries == 2)
            {
                second.SetResult();
            }

            return new ProcessStartInfo(_folder["missing"]);
        }, new LogFile(_folder.Path, "part"));
        var run = supervisor.RunAsync();
        await Task.WhenAny(second.Task, run);
        Assert.False(run.IsCompleted);
        supervisor.Stop();
        await run;
    }

    [Fact(Timeout = 60_000)]
    public async Task Lost_lines_are_counted_and_the_rest_is_there()
    {
        using var log = new LogFile(_folder["logs"], "part");
        log.Write("one");
        Directory.Delete(_folder["logs"], recursive: true);
        log.Write("two");
        Assert.Equal("two\n", await ReadAsync());

        // Another program renames it, as log rotation does.
        File.Move(log.Path, log.Path + ".1");
        log.Write("three");
        Assert.Equal("three\n", await ReadAsync());

        File.Delete(log.Path);
        Directory.CreateDirectory(log.Path);
        log.Write("four");
        log.WriteError("five");
        Directory.Delete(log.Path);
        log.Write("six");
        log.Write("seven");
        Assert.Equal("\n2 lines were lost here\nsix\nseven\n", await ReadAsync());

        Task<string> ReadAsync() => File.ReadAllTextAsync(log.Path, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_terminal_that_is_full_or_gone_ends_nothing()
    {
        using var file = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        var full = new StreamWriter(file) { AutoFlush = true };
        using var terminal = new Terminal(full);
        terminal.WriteLine("a line");
        terminal.Write('c');
        terminal.WriteLine();
        Assert.Throws<IOException>(() => full.WriteLine("the terminal itself fails"));
    }

    private static async Task DiesAndIsStartedAgainAsync(string logs)
    {
        var starts = 0;
        var third = new TaskCompletionSource();
        using var supervisor = new Supervisor("part", () =>
        {
            if (++starts == 3)
            {
                third.SetResult();
            }

            return new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", TalkAndDie } };
        }, new LogFile(logs, "part"));
        var run = supervisor.RunAsync();

        await Task.WhenAny(third.Task, run);
        Assert.False(run.IsCompleted, "the supervision has ended");
        supervisor.Stop();
        await run;
    }
}
