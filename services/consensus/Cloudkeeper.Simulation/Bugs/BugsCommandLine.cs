using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Cloudkeeper.Simulation.Cli;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>The user's arguments of the verb <c>bugs</c>.</summary>
internal sealed record BugsCommandLine
{
    public const string Help = """
        Plants the bugs of others into copies of the sources, one at a time, and measures whether and how fast the
        simulation finds each.

          --only B-17,B-23   these only
          --budget 30m       CPU time for each: a number with s, m or h (default 30m)
          --jobs N           bugs at a time (default 1)
          --list             name them, plant nothing
          --help             this text

        Ends with 0 when at least 95 % were found, with 1 otherwise. The report is in artifacts/bugs/report.md as well.
        """;

    public IReadOnlyList<PlantedBug> Bugs { get; init; } = BugCatalogue.Planted;

    public TimeSpan Budget { get; init; } = TimeSpan.FromMinutes(30);

    public int Jobs { get; init; } = 1;

    public bool WantsList { get; init; }

    public bool WantsHelp { get; init; }

    public static bool TryParse(
        IReadOnlyList<string> args, out BugsCommandLine command, [NotNullWhen(false)] out string? problem)
    {
        command = new BugsCommandLine();
        return Arguments.TryRead(
            args, ref command, static (it, flag) => it.With(flag),
            static (BugsCommandLine it, string option, string value, out string? wrong) => it.With(option, value, out wrong),
            out problem);
    }

    private BugsCommandLine? With(string flag) => flag switch
    {
        "--help" => this with { WantsHelp = true },
        "--list" => this with { WantsList = true },
        _ => null,
    };

    private BugsCommandLine With(string option, string value, out string? problem)
    {
        problem = null;
        switch (option)
        {
            case "--only" when TryFind(value, out var bugs, out problem):
                return this with { Bugs = bugs };
            case "--budget" when TryReadDuration(value, out var budget):
                return this with { Budget = budget };
            case "--jobs" when TryReadNumber(value, 64, out var jobs):
                return this with { Jobs = jobs };
            default:
                problem ??= $"Not understood: {option} {value}.";
                return this;
        }
    }

    /// <summary>A number means all ways of making that mistake.</summary>
    private static bool TryFind(string ids, out IReadOnlyList<PlantedBug> bugs, out string? problem)
    {
        var wanted = ids.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        bugs = [.. BugCatalogue.Planted.Where(bug => wanted.Any(id => id == bug.Id || id == bug.Number))];
        var unknown = wanted.Where(id => !BugCatalogue.Planted.Any(bug => id == bug.Id || id == bug.Number)).ToList();
        problem = unknown.Count > 0 ? $"Not planted: {string.Join(", ", unknown)}." : null;
        return problem is null;
    }

    private static bool TryReadDuration(string value, out TimeSpan duration)
    {
        duration = default;
        var unit = value.Length == 0 ? 0 : value[^1] switch { 's' => 1, 'm' => 60, 'h' => 3_600, _ => 0 };
        if (unit == 0
            || !TryReadNumber(value.AsSpan(..^1), 100_000, out var count))
        {
            return false;
        }

        duration = TimeSpan.FromSeconds((double)count * unit);
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<char> value, int most, out int number) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && number > 0
        && number <= most;
}
