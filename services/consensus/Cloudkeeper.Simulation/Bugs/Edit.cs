using System.Text.RegularExpressions;

namespace Cloudkeeper.Simulation.Bugs;

/// <summary>One replacement in the sources.</summary>
/// <param name="File">Relative to <c>services/consensus</c>.</param>
/// <param name="Find">
/// A text that occurs exactly once in it. How far its lines are indented does not matter: code that moves deeper stays
/// the same code.
/// </param>
internal sealed record Edit(string File, string Find, string Replace)
{
    private readonly Regex _pattern = PatternOf(Find);

    public int CountIn(string source) => _pattern.Count(source);

    /// <exception cref="InvalidOperationException">The text is not there exactly once.</exception>
    public string ApplyTo(string source) => CountIn(source) == 1
        ? _pattern.Replace(source, _ => Replace)
        : throw new InvalidOperationException($"{File} holds this text {CountIn(source)} times instead of once: {Find}");

    private static Regex PatternOf(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        return new Regex(
            string.Join(@"\r?\n[ \t]*", lines.Select(line => Regex.Escape(line.TrimStart()))),
            RegexOptions.NonBacktracking);
    }
}
