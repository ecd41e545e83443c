using System.Diagnostics;

namespace Cloudkeeper.Local;

/// <summary>The repository that this program was built from: builds the parts, and finds their programs.</summary>
internal sealed class SourceTree(string root)
{
    /// <summary>The same <c>dotnet</c> that runs us, where it is known.</summary>
    public static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    public static SourceTree Find()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Cloud.sln")))
        {
            directory = directory.Parent;
        }

        return new SourceTree(directory?.FullName
            ?? throw new InvalidOperationException($"There is no Cloud.sln above {AppContext.BaseDirectory}."));
    }

    public string AssemblyOf(Part part) => Path.Combine(root, "artifacts", "bin", part.Project, "release", $"{part.Project}.dll");

    /// <summary>
    /// Builds nodes, gateway and proxy in one go, without the analyzers of the tests' build: they take more time than the
    /// compiler. The documentation files stay: the OpenAPI document is made of them.
    /// </summary>
    /// <returns>Whether that succeeded; if not, the compiler has printed why.</returns>
    public async Task<bool> BuildAsync(CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Dotnet)
        {
            ArgumentList =
            {
                "build", Path.Combine(root, "infra", "local", "local.slnf"), "-c", "Release", "-v", "quiet", "-nologo",
                "-clp:NoSummary", "-p:RunAnalyzers=false",
            },
            WorkingDirectory = root,
        };

        Console.WriteLine("Building the node, the gateway and the proxy; the first time this takes up to a minute");
        var started = Stopwatch.GetTimestamp();

        // Build processes that stay behind would keep our output open after we have ended.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var build = Process.Start(start)!;
        try
        {
            await build.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // A terminal has told it as well, a supervisor only us.
            build.Kill(entireProcessTree: true);
            throw;
        }

        if (build.ExitCode != 0)
        {
            return false;
        }

        Console.WriteLine($"Built in {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        return true;
    }
}
