namespace Cloudkeeper.Simulation.Bugs;

/// <summary>
/// A copy of the sources of the simulation and of all that it runs, in a temporary directory: the place to plant in. The
/// sources themselves know nothing of bugs.
/// </summary>
internal sealed class SourceCopy : IDisposable
{
    private const string Consensus = "services/consensus";

    /// <summary>In the root of the repository: they define the build.</summary>
    private static readonly string[] BuildFiles =
    [
        "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json",
        "BannedSymbols.Pure.txt",
    ];

    private static readonly string[] Projects =
    [
        "services/shared/Cloudkeeper.Protocol", $"{Consensus}/Cloudkeeper.Raft", $"{Consensus}/Cloudkeeper.Storage",
        $"{Consensus}/Cloudkeeper.Tree", $"{Consensus}/Cloudkeeper.Replica", $"{Consensus}/Cloudkeeper.Simulation",
        "services/gateway/Cloudkeeper.Coherence",
    ];

    private readonly Dictionary<string, string> _originals = new(StringComparer.Ordinal);

    public SourceCopy(string repository)
    {
        Root = Directory.CreateTempSubdirectory("cloudkeeper-bugs-").FullName;
        foreach (var file in BuildFiles)
        {
            File.Copy(Path.Combine(repository, file), Path.Combine(Root, file));
        }

        foreach (var project in Projects)
        {
            CopyDirectory(Path.Combine(repository, project), Path.Combine(Root, project));
        }
    }

    public string Root { get; }

    /// <summary>The directory that holds the solution, from wherever this program runs.</summary>
    public static string FindRepository()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Cloud.sln")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException("This program does not run below the repository: there is no Cloud.sln.");
    }

    public static string PathOf(string root, Edit edit) => Path.Combine(root, Consensus, edit.File);

    /// <summary>Plants a bug in place of the one before.</summary>
    public void Plant(PlantedBug bug)
    {
        Restore();
        foreach (var edit in bug.Edits)
        {
            var path = PathOf(Root, edit);
            var source = File.ReadAllText(path);
            _originals.TryAdd(path, source);
            File.WriteAllText(path, edit.ApplyTo(source));
        }
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Restore()
    {
        foreach (var (path, source) in _originals)
        {
            File.WriteAllText(path, source);
        }

        _originals.Clear();
    }

    private static void CopyDirectory(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var directory in Directory.EnumerateDirectories(from))
        {
            CopyDirectory(directory, Path.Combine(to, Path.GetFileName(directory)));
        }
    }
}
