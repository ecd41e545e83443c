using System.Globalization;
using System.Text.RegularExpressions;

namespace Cloudkeeper.Tidy.Tests;

/// <summary>services/RULES.md says what each id means that code, tests and documents cite.</summary>
public sealed partial class RuleTests
{
    private const string PagePath = "services/RULES.md";

    private static readonly string[] Extensions = [".cs", ".md", ".txt"];

    private static readonly List<Match> Entries =
    [
        .. SourceTree.Files.Single(file => file.Path == PagePath).Lines
            .Select(line => EntryPattern().Match(line)).Where(match => match.Success),
    ];

    private static readonly HashSet<string> Ids = Entries.Select(IdOf).ToHashSet(StringComparer.Ordinal);

    [Fact]
    public void Every_cited_id_has_an_entry() => None.Of(
        from file in SourceTree.Files
        where file.Path != PagePath && Extensions.Contains(Path.GetExtension(file.Path), StringComparer.Ordinal)
        from index in Enumerable.Range(0, file.Lines.Count)
        from Match match in CitedPattern().Matches(file.Lines[index])
        let id = match.Groups["id"].Success ? match.Groups["id"].Value : "B-" + match.Groups["bug"].Value
        where !Ids.Contains(id)
        select $"{file.Path}:{index + 1}: {id}");

    [Fact]
    public void No_id_has_two_entries() => None.Of(
        Entries.GroupBy(IdOf, StringComparer.Ordinal).Where(same => same.Count() > 1).Select(same => same.Key));

    [Fact]
    public void The_entries_of_a_kind_are_in_order() => None.Of(
        from kind in Entries.GroupBy(entry => entry.Groups["kind"].Value, StringComparer.Ordinal)
        let numbers = kind.Select(entry => int.Parse(entry.Groups["number"].Value, CultureInfo.InvariantCulture)).ToList()
        where !numbers.SequenceEqual(numbers.Order())
        select $"{kind.Key}: {string.Join(' ', numbers)}");

    private static string IdOf(Match entry) => entry.Groups["kind"].Value + entry.Groups["number"].Value;

    [GeneratedRegex(@"^\| `(?<kind>[A-Z-]+)(?<number>\d+)` \| \S", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EntryPattern();

    /// <summary>Names of tests have no hyphen: <c>B17_…</c>. Behind a colon stands the format of a number.</summary>
    [GeneratedRegex(
        @"(?<![\w%:-])((?<id>(B|D|F|AT)-\d\d|SR-[CHLM]\d{1,2}|[CEILRSUWZ][1-9]\d?|P[1-9])|B(?<bug>\d\d))(?![0-9A-Za-z])",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex CitedPattern();
}
