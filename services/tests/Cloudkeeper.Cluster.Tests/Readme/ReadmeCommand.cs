using System.Text;
using System.Text.RegularExpressions;

namespace Cloudkeeper.Cluster.Tests.Readme;

/// <summary>
/// A command of a document and the answer printed below it. In a block marked <c>console</c>, a line that begins with
/// <c>$ </c> is a command and the lines up to the next one are its answer; in a block marked <c>sh</c> every line that
/// is not a comment is a command. A backslash at the end, or an open quote, continues a command on the next line.
/// Commands without curl are for the reader only.
/// </summary>
internal sealed partial record ReadmeCommand(string Text, IReadOnlyList<string> Answer)
{
    private const string Prompt = "$ ";

    /// <summary>With its unit, if it is a duration: what was left of 10s may be 9.9s or 990ms.</summary>
    private const string Number = @"\d+(\.\d+)?(ms|s)?";

    /// <summary>A watch goes on for ever: curl's option not to buffer marks it.</summary>
    public bool IsStream => Text.Split(' ', '\n').Intersect(["-N", "-sN", "-Ns", "--no-buffer"], StringComparer.Ordinal).Any();

    public static IReadOnlyList<ReadmeCommand> Extract(string markdown)
    {
        var commands = new List<ReadmeCommand>();
        var lines = new Queue<string>(markdown.Split('\n'));
        while (lines.TryDequeue(out var line))
        {
            if (line is "```console" or "```sh")
            {
                ReadBlock(lines, isConsole: line == "```console", commands);
            }
        }

        return [.. commands.Where(c => c.Text.Contains("curl ", StringComparison.Ordinal))];
    }

    /// <summary>
    /// Whether the output begins with the printed answer. Revisions, times and ids are other numbers on another day, so
    /// any number stands for any other; <c>...</c> stands for the rest of a line, alone on a line for any lines.
    /// </summary>
    public bool Matches(string output) => AnswerPattern().IsMatch(output.ReplaceLineEndings("\n"));

    private static void ReadBlock(Queue<string> lines, bool isConsole, List<ReadmeCommand> commands)
    {
        while (lines.TryDequeue(out var line) && line != "```")
        {
            var isCommand = isConsole ? line.StartsWith(Prompt, StringComparison.Ordinal) : line.Length > 0 && line[0] != '#';
            if (isCommand)
            {
                commands.Add(new ReadmeCommand(ReadCommand(isConsole ? line[Prompt.Length..] : line, lines), []));
            }
            else if (isConsole && commands.Count > 0)
            {
                commands[^1] = commands[^1] with { Answer = [.. commands[^1].Answer, line] };
            }
        }
    }

    private static string ReadCommand(string first, Queue<string> lines)
    {
        var command = new StringBuilder(first);
        while (command[^1] == '\\' || command.ToString().Count(c => c == '\'') % 2 == 1)
        {
            command.Append('\n').Append(lines.Dequeue());
        }

        return command.ToString();
    }

    private Regex AnswerPattern()
    {
        var lines = string.Join('\n', Answer).Trim().Split('\n').Select(line => line.Trim() == "..."
            ? "(.*\n)*?.*"
            : NumberPattern().Replace(Regex.Escape(line.TrimEnd()), Number).Replace(@"\.\.\.", ".*", StringComparison.Ordinal) + @"\s*?");
        return new Regex(@"\A\s*" + string.Join('\n', lines), RegexOptions.None, TimeSpan.FromSeconds(1));
    }

    /// <summary>As <see cref="Regex.Escape"/> leaves it: with a backslash before the point.</summary>
    [GeneratedRegex(@"\d+(\\\.\d+)?(ms|s)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NumberPattern();
}
