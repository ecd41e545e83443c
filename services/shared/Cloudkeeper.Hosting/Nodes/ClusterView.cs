using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudkeeper.Hosting.Nodes;

/// <summary>What one node says of its cluster: the answer of its <c>/cluster</c>.</summary>
public sealed class ClusterView
{
    private const string Voter = "voter";

    private ClusterView(JsonObject json) => Json = json;

    /// <summary>The whole answer.</summary>
    public JsonObject Json { get; }

    /// <summary>Which cluster it belongs to.</summary>
    public required string Id { get; init; }

    public required long Term { get; init; }

    /// <summary>The leader itself answers: the only one who knows how the others are.</summary>
    public required bool IsLeaders { get; init; }

    /// <summary>The leader, as far as the answering node knows.</summary>
    public Uri? Leader { get; init; }

    /// <summary>Addresses of those who may lead and whose state is never far behind.</summary>
    public required IReadOnlyList<Uri> Voters { get; init; }

    /// <summary>Null for anything that is no such answer, or comes from a node without a cluster.</summary>
    public static ClusterView? TryParse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var json = JsonNode.Parse(bytes)!.AsObject();
            var leader = (string?)json["leader"];
            var members = json["members"]!.AsArray().Select(member => member!.AsObject()).ToArray();
            return (string?)json["id"] is { } id
                ? new ClusterView(json)
                {
                    Id = id,
                    Term = (long)json["term"]!,
                    IsLeaders = leader is not null && leader == (string?)json["node"],
                    Leader = members.Where(member => leader is not null && (string?)member["id"] == leader)
                        .Select(AddressOf).FirstOrDefault(),
                    Voters = [.. members.Where(member => (string?)member["role"] == Voter).Select(AddressOf)],
                }
                : null;
        }
        catch (Exception e) when (
            e is JsonException or InvalidOperationException or NullReferenceException or FormatException)
        {
            return null;
        }
    }

    private static Uri AddressOf(JsonObject member) => new((string)member["url"]!, UriKind.Absolute);
}
