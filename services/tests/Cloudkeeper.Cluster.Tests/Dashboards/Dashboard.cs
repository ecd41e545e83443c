using System.Text.Json;

namespace Cloudkeeper.Cluster.Tests.Dashboards;

/// <summary>A panel of a dashboard file: what it is called, which question it answers, what it asks Prometheus.</summary>
internal sealed record Panel(string Dashboard, string Title, string? Description, IReadOnlyList<string> Expressions);

internal static class Dashboard
{
    public static string Folder { get; } = Path.Combine(Repository.Root, "dashboards");

    /// <summary>Of all dashboards; rows left out.</summary>
    public static IReadOnlyList<Panel> Panels() =>
        [.. Directory.EnumerateFiles(Folder, "*.json").Order(StringComparer.Ordinal).SelectMany(Read)];

    private static List<Panel> Read(string file)
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(file));
        return
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .Where(panel => !panel.GetProperty("type").ValueEquals("row"))
                .Select(panel => new Panel(
                    Path.GetFileName(file),
                    panel.GetProperty("title").GetString()!,
                    panel.TryGetProperty("description", out var description) ? description.GetString() : null,
                    [.. panel.GetProperty("targets").EnumerateArray().Select(target => target.GetProperty("expr").GetString()!)])),
        ];
    }
}
