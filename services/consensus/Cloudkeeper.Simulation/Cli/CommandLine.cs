using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Cli;

/// <summary>The user's arguments.</summary>
internal sealed record CommandLine
{
    public const string Help = """
        Runs whole clusters, each from one seed, and checks what must never happen.

          --seeds N      run N seeds (default 100)
          --from S       beginning with this one (default 1)
          --seed S       run this one only
          --short        runs of a few seconds, as in the tests
          --trace        print what happens (with --seed)
          --jobs N       seeds at a time (default: one a processor)
          --bug NAME     plant this bug; --bug help lists them
          --help         this text
          bugs …         plant the bugs of others and see whether they are found: bugs --help

        Ends with 0 when nothing was violated, with 1 and the command that replays the seed otherwise.
        """;

    public long Seeds { get; init; } = 100;

    public ulong From { get; init; } = 1;

    public bool IsTraced { get; init; }

    public bool IsShort { get; init; }

    public int Jobs { get; init; } = Environment.ProcessorCount;

    public Bug Bug { get; init; }

    public bool WantsHelp { get; init; }

    public static bool TryParse(
        IReadOnlyList<string> args, out CommandLine command, [NotNullWhen(false)] out string? problem)
    {
        command = new CommandLine();
        return Arguments.TryRead(
            args, ref command, static (it, flag) => it.With(flag),
            static (CommandLine it, string option, string value, out string? wrong) => it.With(option, value, out wrong),
            out problem);
    }

    private CommandLine? With(string flag) => flag switch
    {
        "--help" => this with { WantsHelp = true },
        "--short" => this with { IsShort = true },
        "--trace" => this with { IsTraced = true },
        _ => null,
    };

    private CommandLine With(string option, string value, out string? problem)
    {
        problem = null;
        switch (option)
        {
            case "--bug" when Enum.TryParse<Bug>(value, ignoreCase: true, out var bug):
                return this with { Bug = bug };
            case "--bug":
                problem = $"Bugs are: {string.Join(", ", Enum.GetNames<Bug>())}.";
                return this;
        }

        if (!ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            problem = $"{option} needs a number, not '{value}'.";
            return this;
        }

        switch (option)
        {
            case "--seeds" when number is > 0 and <= long.MaxValue:
                return this with { Seeds = (long)number };
            case "--from":
                return this with { From = number };
            case "--seed":
                return this with { From = number, Seeds = 1 };
            case "--jobs" when number is > 0 and <= 1_024:
                return this with { Jobs = (int)number };
            default:
                problem = $"Not understood: {option} {value}.";
                return this;
        }
    }
}
