using System.Text.RegularExpressions;

namespace Cloudkeeper.Tidy.Tests;

/// <summary>What a compiler cannot see but a reader feels.</summary>
public sealed partial class SourceTests
{
    private const int LinesLimit = 400;
    private const int ColumnsLimit = 140;

    /// <summary>Hosts that the files may name, apart from loopback and names without a dot.</summary>
    private static readonly string[] KnownHosts =
    [
        "mcr.microsoft.com", "learn.microsoft.com", "json-schema.org", "json.schemastore.org", "schemas.microsoft.com",
        "example.com", "example.org", "github.com", "www.apache.org", "www.rfc-editor.org", "raft.github.io", "grafana.com", "prometheus.io",
        "www.w3.org",
    ];

    [Fact]
    public void No_product_file_is_longer_than_a_reader_can_hold() => None.Of(
        SourceTree.ProductCode.Where(f => f.Lines.Count >= LinesLimit).Select(f => $"{f.Path}: {f.Lines.Count} lines"));

    [Fact]
    public void No_product_line_is_wider_than_a_screen() => None.Of(
        SourceTree.ProductCode.SelectMany(f => f.Find(new Regex($"^.{{{ColumnsLimit + 1},}}", RegexOptions.ExplicitCapture, Timeout))));

    [Fact]
    public void Nothing_unfinished_is_left_in_the_product() => None.Of(
        SourceTree.ProductCode.SelectMany(f => f.Find(UnfinishedPattern())));

    [Fact]
    public void The_product_does_not_wait_by_sleeping() => None.Of(
        SourceTree.ProductCode.SelectMany(f => f.Find(SleepPattern())));

    [Fact]
    public void Tests_do_not_sleep_and_are_not_switched_off() => None.Of(
        SourceTree.Matching(".cs").Where(f => f.IsTest).SelectMany(f => f.Find(SwitchedOffPattern())));

    /// <summary>Names have a noun as their subject: the follower, the request, the watcher.</summary>
    [Fact]
    public void No_test_name_begins_with_a_pronoun() => None.Of(
        SourceTree.Matching(".cs").Where(f => f.IsTest).SelectMany(f => f.Find(PronounPattern())));

    [Fact]
    public void No_file_names_a_folder_of_a_users_machine() => None.Of(
        SourceTree.Files.SelectMany(f => f.Find(MachinePathPattern())));

    /// <summary>Names that belong to no one (RFC 2606).</summary>
    private static readonly string[] ReservedDomains = [".example", ".test", ".invalid", ".localhost", ".example.com", ".example.org"];

    [Fact]
    public void No_file_names_a_host_that_readers_do_not_know() => None.Of(
        from file in SourceTree.Files
        from Match match in HostPattern().Matches(file.Text)
        let host = match.Groups["host"].Value
        where host.Contains('.', StringComparison.Ordinal) && !char.IsAsciiDigit(host[0])
        where !KnownHosts.Contains(host, StringComparer.Ordinal) && !ReservedDomains.Any(domain => host.EndsWith(domain, StringComparison.Ordinal))
        select $"{file.Path}: {match.Value}");

    /// <summary>Of the servers; the command-line tools explain theirs in their usage text.</summary>
    [Fact]
    public void Every_setting_is_documented() => None.Of(
        from file in SourceTree.ProductCode
        where file.Path.EndsWith("Options.cs", StringComparison.Ordinal)
        where file.Path.StartsWith("services/", StringComparison.Ordinal) || file.Path.StartsWith("proxy/", StringComparison.Ordinal)
        from index in Enumerable.Range(0, file.Lines.Count)
        where OptionPattern().IsMatch(file.Lines[index]) && !IsDocumented(file, index)
        select $"{file.Path}:{index + 1}: {file.Lines[index].Trim()}");

    [Fact]
    public void Text_files_end_with_one_line_break_and_have_no_tabs_or_trailing_spaces() => None.Of(
        SourceTree.Files.Where(f => f.Path.EndsWith(".cs", StringComparison.Ordinal) || f.Path.EndsWith(".md", StringComparison.Ordinal))
            .Where(f => !f.Text.EndsWith('\n') || f.Text.EndsWith("\n\n", StringComparison.Ordinal) || f.Find(UntidyPattern()).Any())
            .Select(f => f.Path));

    private static TimeSpan Timeout => TimeSpan.FromSeconds(1);

    /// <summary>The nearest line above that is not an attribute is a doc comment.</summary>
    private static bool IsDocumented(SourceFile file, int index) =>
        file.Lines.Take(index).Reverse().Select(l => l.Trim())
            .First(l => !l.StartsWith('[')).StartsWith("///", StringComparison.Ordinal);

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UnfinishedPattern();

    [GeneratedRegex(@"\bThread\.Sleep\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SleepPattern();

    [GeneratedRegex(@"\bThread\.Sleep\b|\bSkip\s*=\s*""|#if (false|DEBUG)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SwitchedOffPattern();

    [GeneratedRegex(@"\b(void|Task) (Who|Whose|Whom|Whoever|Of)_\w+\(", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PronounPattern();

    [GeneratedRegex(@"(?<![\w.}~-])/(tmp|home|root|work)/\w", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MachinePathPattern();

    [GeneratedRegex(@"https?://(?<host>[A-Za-z0-9.-]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostPattern();

    [GeneratedRegex(@"^    public .*\{ get; (init|set); \}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OptionPattern();

    [GeneratedRegex(@"\t|[ ]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex UntidyPattern();
}
