using System.Text.Json;

namespace Cloudkeeper.Cluster.Tests.Clusters;

/// <summary>One event of a watch.</summary>
/// <param name="Name">created, changed, deleted, progress, …</param>
/// <param name="Id">Where to resume after it; null within a revision.</param>
public sealed record ServerEvent(string Name, string? Id, JsonElement Data)
{
    public long Revision => Data.GetProperty("revision").GetInt64();

    public string Path => Data.GetProperty("path").GetString()!;

    public string? Value => Data.TryGetProperty("value", out var value) ? value.GetString() : null;
}
