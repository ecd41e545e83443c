using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Cloudkeeper.Tidy.Tests;

/// <summary>
/// The architecture as the compiler sees it: which projects there are and which of them know each other.
/// </summary>
public sealed partial class ProjectTests
{
    /// <summary>
    /// Which project may reference which. A project that is not listed may reference nothing. The tree knows the
    /// protocol because the bytes of a command that a gateway writes are those that stand in the log and that the tree
    /// applies.
    /// </summary>
    private static readonly Dictionary<string, string[]> AllowedReferences = new(StringComparer.Ordinal)
    {
        ["Cloudkeeper.Tree"] = ["Cloudkeeper.Protocol"],
        ["Cloudkeeper.Storage"] = ["Cloudkeeper.Raft"],
        ["Cloudkeeper.Replica"] = ["Cloudkeeper.Raft", "Cloudkeeper.Tree", "Cloudkeeper.Storage", "Cloudkeeper.Protocol"],
        ["Cloudkeeper.Simulation"] = ["Cloudkeeper.Replica", "Cloudkeeper.Coherence"],
        ["Cloudkeeper.Node"] = ["Cloudkeeper.Replica", "Cloudkeeper.Hosting"],
        ["Cloudkeeper.Coherence"] = ["Cloudkeeper.Protocol"],
        ["Cloudkeeper.Gateway"] = ["Cloudkeeper.Protocol", "Cloudkeeper.Coherence", "Cloudkeeper.Hosting"],
        ["Cloudkeeper.Client"] = ["Cloudkeeper.Protocol"],
        ["Cloudkeeper.Cli"] = ["Cloudkeeper.Client"],
        ["Cloudkeeper.Proxy"] = ["Cloudkeeper.Hosting"],
    };

    /// <summary>Without clock, I/O, threads or randomness of their own: BannedSymbols.Pure.txt holds them to it.</summary>
    private static readonly string[] PureProjects =
        ["Cloudkeeper.Coherence", "Cloudkeeper.Protocol", "Cloudkeeper.Raft", "Cloudkeeper.Tree"];

    [Fact]
    public void Projects_reference_only_allowed_ones() => None.Of(
        SourceTree.Matching(".csproj").Where(p => !p.IsTest).SelectMany(project =>
            ReferencesOf(project)
                .Except(AllowedReferences.GetValueOrDefault(NameOf(project), []), StringComparer.Ordinal)
                .Select(target => $"{NameOf(project)} must not reference {target}")));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = SourceTree.Matching("Cloud.sln").Single().Text.Replace('\\', '/');

        None.Of(SourceTree.Matching(".csproj").Select(p => p.Path)
            .Except(ProjectPattern().Matches(solution).Select(m => m.Groups["path"].Value), StringComparer.Ordinal));
    }

    [Fact]
    public void Every_test_project_stands_beside_its_subject() => None.Of(
        SourceTree.Matching(".Tests.csproj").Select(p => p.Path)
            .Where(path => !path.StartsWith("services/tests/", StringComparison.Ordinal))
            .Select(path => path.Replace(".Tests", "", StringComparison.Ordinal))
            .Except(SourceTree.Files.Select(f => f.Path), StringComparer.Ordinal));

    [Fact]
    public void The_pure_projects_are_held_to_it() => Assert.Equal(
        PureProjects,
        SourceTree.Matching(".csproj").Where(p => p.Text.Contains("<IsPure>true</IsPure>", StringComparison.Ordinal))
            .Select(NameOf).Order(StringComparer.Ordinal),
        StringComparer.Ordinal);

    [Fact]
    public void Package_versions_stand_in_one_file() => None.Of(
        SourceTree.Matching(".csproj").Where(p => XDocument.Parse(p.Text).Descendants("PackageReference")
            .Any(r => r.Attribute("Version") is not null || r.Attribute("VersionOverride") is not null))
            .Select(NameOf));

    [GeneratedRegex(@"""(?<path>[^""]+\.csproj)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ProjectPattern();

    private static IEnumerable<string> ReferencesOf(SourceFile project) =>
        XDocument.Parse(project.Text).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

    private static string NameOf(SourceFile project) => Path.GetFileNameWithoutExtension(project.Path);
}
