using System.Globalization;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>The lines by which a hunt in a child process tells what happens.</summary>
internal static class HuntReport
{
    private const string FoundMark = "found";
    private const string NothingMark = "nothing";

    public static string NameOf(ulong seed, bool isShort) =>
        seed.ToString(CultureInfo.InvariantCulture) + (isShort ? " --short" : "");

    public static string Progress(long seeds, TimeSpan cpu) => string.Create(
        CultureInfo.InvariantCulture, $"progress\t{seeds} seeds in {cpu.TotalSeconds:F0} CPU s");

    public static string Found(ulong seed, bool isShort, TimeSpan cpu, string violation) =>
        Found(NameOf(seed, isShort), cpu, violation);

    public static string Found(string run, TimeSpan cpu, string violation) => string.Create(
        CultureInfo.InvariantCulture,
        $"{FoundMark}\t{cpu.TotalSeconds:F1}\t{run}\t{violation.ReplaceLineEndings(" ")}");

    public static string Nothing(long seeds, TimeSpan cpu) => string.Create(
        CultureInfo.InvariantCulture, $"{NothingMark}\t{cpu.TotalSeconds:F1}\t{seeds} seeds");

    /// <summary>Null: the line does not end the hunt.</summary>
    public static HuntResult? Read(string line) => line.Split('\t') switch
    {
        [FoundMark, var cpu, var run, var violation] => new HuntResult(Seconds(cpu), run, violation),
        [NothingMark, var cpu, _] => new HuntResult(Seconds(cpu), Run: null, Violation: null),
        _ => null,
    };

    private static double Seconds(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>How a hunt has ended.</summary>
/// <param name="Run">The seed, and whether it is a short run; null: nothing was found.</param>
internal sealed record HuntResult(double CpuSeconds, string? Run, string? Violation)
{
    private const int NameMax = 100;
    private const string Assertion = "assertion: ";

    public bool IsFound => Violation is not null;

    /// <summary>The invariant alone, or what an assertion of the code under test says.</summary>
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
