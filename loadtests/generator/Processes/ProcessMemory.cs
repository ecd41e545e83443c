using System.Globalization;

namespace Cloudkeeper.LoadGenerator.Processes;

/// <summary>Resident memory of processes in bytes, from <c>/proc/PID/status</c>.</summary>
internal static class ProcessMemory
{
    /// <summary>By name. A process that has ended is left out.</summary>
    public static IReadOnlyDictionary<string, long> Sample(IReadOnlyList<ObservedProcess> processes)
    {
        var samples = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var process in processes)
        {
            try
            {
                samples[process.Name] = Parse(File.ReadLines($"/proc/{process.Id}/status"));
            }
            catch (IOException)
            {
                // It has ended.
            }
        }

        return samples;
    }

    /// <summary>The line <c>VmRSS:  123 kB</c>.</summary>
    internal static long Parse(IEnumerable<string> status)
    {
        const string Name = "VmRSS:";
        var line = status.First(line => line.StartsWith(Name, StringComparison.Ordinal));
        return long.Parse(line[Name.Length..^"kB".Length].Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}
