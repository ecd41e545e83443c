using System.Globalization;
using Cloudkeeper.Hosting.Machine;
using Cloudkeeper.Local.Commands;

namespace Cloudkeeper.Local;

/// <summary>
/// What a start needs of the machine. All of it is checked before anything is built or started, and all that is missing
/// is reported at once, each with what to do.
/// </summary>
internal static class StartConditions
{
    /// <summary>Open files and connections of one process; a node with some thousand clients needs more.</summary>
    public const int DescriptorsMin = 1024;

    private const int DiskFull = 28;
    private const string LimitsFile = "/proc/self/limits";

    /// <summary>What the data directory and the machine must be like: one sentence for each thing that is not so.</summary>
    public static IEnumerable<string> Missing(LocalOptions options) => new[]
    {
        CommandSocket.TooLong(options.Data),
        Folder(options.Data),
        Owner(options.Data, Posix.UserId),
        Backup(options.From),
        Descriptors(File.Exists(LimitsFile) ? File.ReadLines(LimitsFile) : []),
        Dotnet(SourceTree.Dotnet, Environment.GetEnvironmentVariable("PATH")),
    }.OfType<string>();

    /// <summary>What the processes that are to run must find.</summary>
    public static IEnumerable<string> Missing(LocalOptions options, Topology topology, SourceTree source) =>
        [.. Programs(options, topology, source), .. SamePorts(topology), .. Ports.Taken(topology)];

    /// <summary>It exists or can be made, with the folder of the logs, and files can be made in it.</summary>
    public static string? Folder(string data)
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(data, DataDirectory.Logs));
            var trial = Path.Combine(data, $".trial-{Guid.NewGuid():N}");
            using var file = new FileStream(trial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (IOException e) when (e.HResult == DiskFull)
        {
            // A cluster that is begun there reports that itself; one that is there starts, so that it can be made
            // smaller.
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"Nothing can be written to {data}: {e.Message} Make it a directory to which you may write, "
                + "or choose another with --data.";
        }
    }

    /// <summary>What is in there is ours: otherwise we could not read it, or the other user could not afterwards.</summary>
    /// <param name="data">A directory; one of another user that is new to us, or writable to all, will do.</param>
    /// <param name="user">The user that starts.</param>
    public static string? Owner(string data, uint user) => DataDirectory.OwnFiles
        .Select(name => Path.Combine(data, name))
        .Where(path => Path.Exists(path) && Posix.OwnerOf(path) != user)
        .Select(path => string.Create(CultureInfo.InvariantCulture,
            $"{path} belongs to another user (number {Posix.OwnerOf(path)}, you are {user}). Start as that user, take the data "
            + $"over (chown -R {user} {data}), or choose another directory with --data."))
        .FirstOrDefault();

    public static string? Backup(string? file)
    {
        if (file is null)
        {
            return null;
        }

        try
        {
            using var backup = File.OpenRead(file);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The backup cannot be read: {e.Message} Name one with --from.";
        }
    }

    /// <param name="limits">The lines of <c>/proc/self/limits</c>. A process raises the first number to the second by itself.</param>
    public static string? Descriptors(IEnumerable<string> limits) =>
        limits.FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))?
            .Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, _, var hard, ..]
        && int.TryParse(hard, CultureInfo.InvariantCulture, out var count) && count < DescriptorsMin
            ? $"A process may have {count} files and connections open here, and each needs {DescriptorsMin}: raise the limit "
                + $"(ulimit -Hn {DescriptorsMin} in the shell that starts this, or nofile in /etc/security/limits.conf)."
            : null;

    /// <param name="dotnet">A path, or a name that is looked up in <paramref name="path"/>.</param>
    /// <param name="path">Folders, separated by colons.</param>
    public static string? Dotnet(string dotnet, string? path) =>
        (path ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, dotnet)))
            ? null
            : $"There is no program {dotnet}, which runs the parts: install .NET, and add its folder to PATH.";

    /// <summary>Each part listens on a port of its own.</summary>
    public static IEnumerable<string> SamePorts(Topology topology) => topology.All.GroupBy(part => part.Address.Port)
        .Where(parts => parts.Count() > 1)
        .Select(parts => $"Port {parts.Key} would be that of {string.Join(" and ", parts.Select(part => part.Name))}: "
            + "choose another with --port or --base-port.");

    /// <summary>What was built before, if nothing is to be built now.</summary>
    public static IEnumerable<string> Programs(LocalOptions options, Topology topology, SourceTree source) =>
        options.Build
            ? []
            : topology.All.Select(source.AssemblyOf).Distinct(StringComparer.Ordinal).Where(assembly => !File.Exists(assembly))
                .Select(assembly => $"{assembly} was not built yet: leave --no-build away.");
}
