using System.Globalization;
using Cloudkeeper.Local.Api;

namespace Cloudkeeper.Local.Commands;

/// <summary>Processes and members beside each other.</summary>
internal static class StatusTable
{
    private const string Nothing = "-";

    public static string Of(ClusterStatus status, Cluster cluster)
    {
        List<string[]> rows = [["NAME", "MEMBER", "ROLE", "STATE", "LAG", "ADDRESS", "PROCESS"]];
        foreach (var part in cluster.Topology.All)
        {
            var member = status.MemberAt(part);
            rows.Add(
            [
                part.Name,
                member?.Id ?? Nothing,
                member?.Role ?? (part.IsNode ? "no member" : Nothing),
                member?.State ?? Nothing,
                member?.Lag?.ToString(CultureInfo.InvariantCulture) ?? Nothing,
                part.Url,
                cluster.ProcessIdOf(part)?.ToString(CultureInfo.InvariantCulture) ?? Nothing,
            ]);
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        var lines = rows.Select(row => string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        return string.Join('\n', lines)
            + $"\n\n{status.Voters} voters, {status.Majority} of them are a majority; revision {status.Revision}"
            + (status.LevelHeldBy is { Count: > 0 } holders
                ? $"\nfeature level {status.FeatureLevel}, until {string.Join(", ", holders)} run a newer program, or are removed"
                : "");
    }
}
