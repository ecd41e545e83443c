using System.Text.Json.Serialization;

namespace Cloudkeeper.Local.Api;

/// <summary>The answer of <c>GET /v1/cluster</c>, as far as it is needed here.</summary>
internal sealed record ClusterStatus(
    string Id, string? Leader, long Revision, IReadOnlyList<MemberStatus> Members, IReadOnlyList<GatewayStatus> Gateways)
{
    public int FeatureLevel { get; init; }

    /// <summary>The members that keep the cluster at its feature level although others know the next.</summary>
    public IReadOnlyList<string>? LevelHeldBy { get; init; }

    public int Voters => Members.Count(member => member.IsVoter);

    public int Majority => (Voters / 2) + 1;

    public MemberStatus? MemberAt(Part part) => Members.FirstOrDefault(member => member.Url == part.Url);

    public MemberStatus? Member(string id) => Members.FirstOrDefault(member => member.Id == id);
}

/// <param name="Lag">Entries that it lacks; null when the leader has had no message of it.</param>
/// <param name="CatchUp">Null unless it is a good way behind.</param>
internal sealed record MemberStatus(string Id, string Url, string Role, string State, long? Lag, CatchUpStatus? CatchUp)
{
    public bool IsVoter => Role == "voter";
}

/// <param name="Percent">Of this phase: a snapshot, then the log.</param>
internal sealed record CatchUpStatus(
    string Phase, long? BytesSent, long? BytesTotal, long? EntriesLeft, double Percent, double? SecondsLeft);

internal sealed record GatewayStatus(string Instance, string? Address);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterStatus))]
internal sealed partial class ClusterJson : JsonSerializerContext;
