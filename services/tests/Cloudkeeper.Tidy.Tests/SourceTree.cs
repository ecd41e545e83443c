using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Cloudkeeper.Tidy.Tests;

/// <summary>The files of the repository: those that git tracks or would, so neither build output nor private notes.</summary>
internal static class SourceTree
{
    private static readonly string[] BinaryExtensions = [".bin", ".png", ".ico", ".woff2", ".gz"];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<SourceFile> Files { get; } = ListFiles();

    public static IEnumerable<SourceFile> Matching(string extension) =>
        Files.Where(f => f.Path.EndsWith(extension, StringComparison.Ordinal));

    /// <summary>C# that ships: neither tests nor what only tests use.</summary>
    public static IEnumerable<SourceFile> ProductCode => Matching(".cs").Where(f => !f.IsTest);

    private static List<SourceFile> ListFiles()
    {
        var start = new ProcessStartInfo("git")
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            ArgumentList = { "ls-files", "--cached", "--others", "--exclude-standard", "-z" },
        };
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Where(path => !BinaryExtensions.Contains(Path.GetExtension(path), StringComparer.Ordinal))
            .Where(path => File.Exists(Path.Combine(Root, path)))
            .Select(path => new SourceFile(path, File.ReadAllText(Path.Combine(Root, path))))];
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var directory = new FileInfo(here).Directory!;
        while (!File.Exists(Path.Combine(directory.FullName, "Cloud.sln")))
        {
            directory = directory.Parent!;
        }

        return directory.FullName;
    }
}
