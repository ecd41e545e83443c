using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudkeeper.Hosting.Nodes;

/// <summary>One node's view of its cluster: the answer of its <c>/cluster</c>.</summary>
public sealed class ClusterView
{
    private const string Voter = "voter";

    private ClusterView(JsonObject json) => Json = json;

    /// <summary>The whole answer.</summary>
    public JsonObject Json { get; }

    /// <summary>Which cluster it belongs to.</summary>
    public required string Id { get; init; }

    public required long Term { get; init; }

    /// <summary>The state machine's; 1 from a node that does not report it.</summary>
    public required int FeatureLevel { get; init; }

    /// <summary>The leader itself answers: only the leader knows the state of the others.</summary>
    public required bool IsLeaders { get; init; }

    /// <summary>The leader, as far as the answering node knows.</summary>
    public Uri? Leader { get; init; }

    /// <summary>Addresses of the members that may lead and whose state is never far behind.</summary>
    public required IReadOnlyList<Uri> Voters { get; init; }

    /// <summary>
    /// Null for anything that is no such answer, or comes from a node without a cluster. A member to which nothing can be
    /// sent is passed over.
    /// </summary>
    public static ClusterView? TryParse(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var json = JsonNode.Parse(bytes)!.AsObject();
            var name = TextOf(json["leader"]);
            var members = json["members"]!.AsArray().OfType<JsonObject>().ToArray();
            var leading = members.FirstOrDefault(member => name is not null && TextOf(member["id"]) == name);
            var leader = leading is null ? null : AddressOf(leading);
            return TextOf(json["id"]) is { } id && (leading is null || leader is not null)
                ? new ClusterView(json)
                {
                    Id = id,
                    Term = (long)json["term"]!,
                    FeatureLevel = (int?)json["featureLevel"] ?? 1,
                    IsLeaders = leader is not null && name == TextOf(json["node"]),
                    Leader = leader,
                    Voters =
                        [.. members.Where(member => TextOf(member["role"]) == Voter).Select(AddressOf).OfType<Uri>().Distinct()],
                }
                : null;
        }
        catch (Exception e) when (
            e is JsonException or InvalidOperationException or NullReferenceException or FormatException
                or ArgumentException or OverflowException)
        {
            return null;
        }
    }

    private static Uri? AddressOf(JsonObject member) =>
        ReachableAddress.Parse(TextOf(member["url"])) is { } address ? new Uri(address) : null;

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
