namespace Cloudkeeper.Gateway.Cluster;

/// <summary><c>POST /v1/cluster/members</c>: one or several nodes that run and belong to no cluster yet.</summary>
/// <param name="Url">Of one node.</param>
/// <param name="Urls">Of several, which become voters in one step.</param>
/// <param name="Replaces">The member whose place the one node takes.</param>
internal sealed record AddMembersBody(string? Url = null, IReadOnlyList<string>? Urls = null, string? Replaces = null);
