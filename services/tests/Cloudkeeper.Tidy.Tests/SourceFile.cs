using System.Text.RegularExpressions;

namespace Cloudkeeper.Tidy.Tests;

/// <summary>A text file; the path is relative to the root.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public bool IsTest => Path.Contains(".Tests/", StringComparison.Ordinal);

    public IReadOnlyList<string> Lines { get; } = Text.TrimEnd('\n').Split('\n');

    /// <summary>FILE:LINE: text of every line that the pattern matches.</summary>
    public IEnumerable<string> Find(Regex pattern) =>
        Lines.Select((line, i) => (line, i)).Where(l => pattern.IsMatch(l.line)).Select(l => $"{Path}:{l.i + 1}: {l.line.Trim()}");
}
