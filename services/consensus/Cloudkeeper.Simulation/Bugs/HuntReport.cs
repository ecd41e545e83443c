using System.Globalization;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>The lines by which a hunt in a child process reports its progress.</summary>
internal static class HuntReport
{
    private const string FoundMark = "found";
    private const string NothingMark = "nothing";

    public static string Progress(long seeds, TimeSpan cpu) => string.Create(
        CultureInfo.InvariantCulture, $"progress\t{seeds} seeds in {cpu.TotalSeconds:F0} CPU s");

    public static string Found(HuntedRun run, TimeSpan cpu, string violation) => string.Create(
        CultureInfo.InvariantCulture,
        $"{FoundMark}\t{cpu.TotalSeconds:F1}\t{run}\t{violation.ReplaceLineEndings(" ")}");

    public static string Nothing(long seeds, TimeSpan cpu) => string.Create(
        CultureInfo.InvariantCulture, $"{NothingMark}\t{cpu.TotalSeconds:F1}\t{seeds} seeds");

    /// <summary>Null: the line does not end the hunt.</summary>
    public static HuntResult? Read(string line) => line.Split('\t') switch
    {
        [FoundMark, var cpu, var run, var violation] => new HuntResult(Seconds(cpu), HuntedRun.Parse(run), violation),
        [NothingMark, var cpu, _] => new HuntResult(Seconds(cpu), Run: null, Violation: null),
        _ => null,
    };

    private static double Seconds(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>One run of a hunt, named as the command line takes it.</summary>
internal sealed record HuntedRun(ulong Seed, bool IsShort)
{
    private const string Short = " --short";

    public static HuntedRun Parse(string text) => text.EndsWith(Short, StringComparison.Ordinal)
        ? new HuntedRun(ulong.Parse(text[..^Short.Length], CultureInfo.InvariantCulture), true)
        : new HuntedRun(ulong.Parse(text, CultureInfo.InvariantCulture), false);

    public SimulationOptions Draw() => IsShort ? Swarm.DrawShort(Seed) : Swarm.Draw(Seed);

    public override string ToString() => Seed.ToString(CultureInfo.InvariantCulture) + (IsShort ? Short : "");
}

/// <summary>How a hunt has ended.</summary>
/// <param name="Run">Which has found it; null: none has.</param>
internal sealed record HuntResult(double CpuSeconds, HuntedRun? Run, string? Violation)
{
    private const int NameMax = 100;
    private const string Assertion = "assertion: ";

    public bool IsFound => Violation is not null;

    /// <summary>The invariant alone, or the message of an assertion of the code under test.</summary>
    public string Invariant
    {
        get
        {
            var text = Violation ?? "";
            if (text.StartsWith(Assertion, StringComparison.Ordinal))
            {
                var end = text.IndexOf("    at ", StringComparison.Ordinal);
                text = end < 0 ? text : text[..end].TrimEnd();
            }
            else
            {
                text = text.Split(": ")[0];
            }

            return text.Length <= NameMax ? text : text[..NameMax] + "…";
        }
    }
}
