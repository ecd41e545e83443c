using System.Globalization;

namespace Cloudkeeper.Local.Commands;

/// <summary>The output of a command for the client that gave it. Gone clients are no reason to stop half way.</summary>
internal sealed class CommandOutput(TextWriter writer)
{
    public const char TextMark = ' ';
    public const char ErrorMark = '!';
    public const char ExitMark = '=';

    public Task SayAsync(string line) => WriteAsync(TextMark, line);

    /// <summary>What went wrong, and what to do about it.</summary>
    public Task ComplainAsync(string line) => WriteAsync(ErrorMark, line);

    public Task EndAsync(int exitCode) => WriteAsync(ExitMark, exitCode.ToString(CultureInfo.InvariantCulture));

    private async Task WriteAsync(char mark, string lines)
    {
        try
        {
            foreach (var line in lines.Split('\n'))
            {
                await writer.WriteLineAsync(mark + line);
            }
        }
        catch (IOException)
        {
            // The other terminal was closed: the command goes on all the same.
        }
    }
}
