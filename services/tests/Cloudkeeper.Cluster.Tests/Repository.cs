using System.Runtime.CompilerServices;

namespace Cloudkeeper.Cluster.Tests;

/// <summary>Where the sources are, for tests of what is not compiled: the README, scripts.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

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
