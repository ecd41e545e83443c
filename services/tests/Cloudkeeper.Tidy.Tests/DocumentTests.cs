using System.Text.RegularExpressions;

namespace Cloudkeeper.Tidy.Tests;

/// <summary>What readers rely on in the documents.</summary>
public sealed partial class DocumentTests
{
    /// <summary>A reader takes it in at one go; the rest has a document of its own.</summary>
    private const int ReadmeLinesLimit = 90;

    [Fact]
    public void The_README_is_short() =>
        Assert.InRange(SourceTree.Files.Single(f => f.Path == "README.md").Lines.Count, 1, ReadmeLinesLimit);

    [Fact]
    public void Every_document_that_a_file_names_is_in_the_repository() => None.Of(
        from file in SourceTree.Files
        from Match match in DocumentPattern().Matches(file.Text)
        where !SourceTree.Files.Any(f => Path.GetFileName(f.Path) == match.Value)
        select $"{file.Path}: {match.Value}");

    [Fact]
    public void Every_link_of_a_document_leads_to_a_file_and_a_heading() => None.Of(
        from file in SourceTree.Matching(".md")
        from Match match in LinkPattern().Matches(file.Text)
        let target = TargetOf(file, match.Groups["path"].Value)
        where target is null || !HasHeading(target, match.Groups["heading"].Value)
        select $"{file.Path}: {match.Value}");

    private static SourceFile? TargetOf(SourceFile file, string path)
    {
        var from = Path.GetDirectoryName(Path.Combine(SourceTree.Root, file.Path))!;
        var target = path.Length == 0 ? file.Path : Path.GetRelativePath(SourceTree.Root, Path.GetFullPath(path, from));
        return SourceTree.Files.FirstOrDefault(f => f.Path == target);
    }

    private static bool HasHeading(SourceFile file, string heading) =>
        heading.Length == 0 || HeadingPattern().Matches(file.Text).Any(match => AnchorOf(match.Groups["text"].Value) == heading);

    /// <summary>As Git hosts make it of a heading.</summary>
    private static string AnchorOf(string heading) =>
        string.Concat(heading.ToLowerInvariant().Replace(' ', '-').Where(c => char.IsLetterOrDigit(c) || c is '-' or '_'));

    [GeneratedRegex(@"(?<![\w-])[A-Z][A-Z_-]+\.md\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DocumentPattern();

    [GeneratedRegex(@"\]\((?!https?:)(?<path>[^()#\s]*)(#(?<heading>[^()\s]*))?\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex HeadingPattern();
}
