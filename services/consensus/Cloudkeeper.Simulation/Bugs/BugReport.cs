using System.Globalization;
using System.Text;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>The result of each bug of the catalogue, as a table in Markdown.</summary>
internal sealed class BugReport(BugsCommandLine command)
{
    /// <summary>Of the planted bugs, this share must be found.</summary>
    private const double ShareMin = 0.95;

    private readonly Dictionary<string, HuntResult?> _results = new(StringComparer.Ordinal);

    public int Done => _results.Count;

    public bool IsGoodEnough => Found >= ShareMin * command.Bugs.Count;

    private int Found => _results.Values.Count(result => result is { IsFound: true });

    /// <param name="result">Null: it could not be built.</param>
    public void Add(PlantedBug bug, HuntResult? result) => _results.Add(bug.Id, result);

    public void Save(string repository)
    {
        var directory = Directory.CreateDirectory(Path.Combine(repository, "artifacts/bugs"));
        File.WriteAllText(Path.Combine(directory.FullName, "report.md"), ToString());
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine("| bug | planted | found | CPU s | by | seed |");
        text.AppendLine("|---|---|---|---|---|---|");
        foreach (var bug in command.Bugs)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"| {bug.Id} | {bug.Title} | {Row(bug)} |");
        }

        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Found} of {command.Bugs.Count} found.");
        text.AppendLine();
        text.AppendLine("| bug | not planted | why | test |");
        text.AppendLine("|---|---|---|---|");
        foreach (var bug in BugCatalogue.Elsewhere)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture, $"| {bug.Id} | {bug.Title} | {bug.Reason} | {bug.CoveredBy} |");
        }

        return text.ToString();
    }

    private string Row(PlantedBug bug)
    {
        if (!_results.TryGetValue(bug.Id, out var result))
        {
            return "not tried | | |";
        }

        return result is null
            ? "does not build | | |"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{(result.IsFound ? "yes" : "NO")} | {result.CpuSeconds:F1} | {result.Invariant} | {result.Run}");
    }
}
