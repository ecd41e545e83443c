using System.Globalization;

namespace Cloudkeeper.LoadGenerator.Processes;

/// <summary>A process whose CPU time is reported under a name.</summary>
internal sealed record ObservedProcess(string Name, int Id)
{
    private static readonly string[] Parts = ["Cloudkeeper.Node", "Cloudkeeper.Gateway", "Cloudkeeper.Proxy"];

    /// <summary>Cloudkeeper's processes on this machine, by their command lines.</summary>
    public static IReadOnlyList<ObservedProcess> FindCloudkeeper()
    {
        var found = new List<ObservedProcess>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)
                && NameOf(ReadCommandLine(folder)) is { } name)
            {
                found.Add(new ObservedProcess(found.Exists(p => p.Name == name) ? $"{name}-{id}" : name, id));
            }
        }

        return [.. found.OrderBy(p => p.Name, StringComparer.Ordinal)];
    }

    /// <summary>node1, g1, proxy; null if the command is none of ours (a shell or editor that only mentions one).</summary>
    internal static string? NameOf(IReadOnlyList<string> commandLine)
    {
        var program = commandLine.Take(2).Select(Path.GetFileName)
            .Select(file => file!.EndsWith(".dll", StringComparison.Ordinal) ? file[..^4] : file)
            .FirstOrDefault(file => Parts.Contains(file, StringComparer.Ordinal));
        return program switch
        {
            "Cloudkeeper.Node" => "node" + Setting(commandLine, "Node:Id"),
            "Cloudkeeper.Gateway" => Setting(commandLine, "Gateway:Instance") is { Length: > 0 } name ? name : "gateway",
            "Cloudkeeper.Proxy" => "proxy",
            _ => null,
        };
    }

    private static string Setting(IReadOnlyList<string> commandLine, string name)
    {
        var prefix = $"--{name}=";
        return commandLine.FirstOrDefault(a => a.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..] ?? "";
    }

    private static string[] ReadCommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).TrimEnd('\0').Split('\0');
        }
        catch (IOException)
        {
            return []; // it has ended since it was listed
        }
        catch (UnauthorizedAccessException)
        {
            return []; // another user's
        }
    }
}
