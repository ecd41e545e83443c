using System.Text.Json.Serialization;

namespace Cloudkeeper.Local.Api;

/// <summary>The answer of <c>GET /v1/cluster</c>, as far as it is needed here.</summary>
internal sealed record ClusterStatus(
    string Id, string? Leader, long Revision, IReadOnlyList<MemberStatus> Members, IReadOnlyList<GatewayStatus> Gateways)
{
    public int Voters => Members.Count(member => member.IsVoter);

    public int Majority => (Voters / 2) + 1;

    public MemberStatus? MemberAt(Part part) => Members.FirstOrDefault(member => member.Url == part.Url);

    public MemberStatus? Member(string id) => Members.FirstOrDefault(member => member.Id == id);
}

/// <param name="Lag">Entries that it lacks; null when the leader has not heard of it.</param>
internal sealed record MemberStatus(string Id, string Url, string Role, string State, long? Lag, double? Progress)
{
    public bool IsVoter => Role == "voter";
}

internal sealed record GatewayStatus(string Instance, string? Address);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterStatus))]
internal sealed partial class ClusterJson : JsonSerializerContext;
