using System.Globalization;

namespace Cloudkeeper.LoadGenerator.Processes;

/// <summary>CPU time of processes, user and system, from <c>/proc/PID/stat</c>.</summary>
internal static class ProcessCpu
{
    public const string Generator = "generator";

    /// <summary>The kernel reports to user space in hundredths of a second, with any tick of its own.</summary>
    private const int TicksPerSecond = 100;

    /// <summary>Of these processes and of the generator itself. A process that has ended is left out.</summary>
    public static IReadOnlyDictionary<string, TimeSpan> Sample(IReadOnlyList<ObservedProcess> processes)
    {
        var samples = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        foreach (var process in processes.Append(new ObservedProcess(Generator, Environment.ProcessId)))
        {
            if (Read(process.Id) is { } time)
            {
                samples[process.Name] = time;
            }
        }

        return samples;
    }

    public static IReadOnlyDictionary<string, TimeSpan> Spent(
        IReadOnlyDictionary<string, TimeSpan> before, IReadOnlyDictionary<string, TimeSpan> after) =>
        after.Where(a => before.ContainsKey(a.Key))
            .ToDictionary(a => a.Key, a => a.Value - before[a.Key], StringComparer.Ordinal);

    private static TimeSpan? Read(int processId)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{processId}/stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// Fields 14 and 15 are utime and stime. The second field, the name, may itself hold spaces and parentheses, so
    /// counting starts after the last closing one.
    /// </summary>
    internal static TimeSpan Parse(string stat)
    {
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }
}
