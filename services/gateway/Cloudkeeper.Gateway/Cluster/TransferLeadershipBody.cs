namespace Cloudkeeper.Gateway.Cluster;

/// <summary><c>POST /v1/cluster/leader</c>.</summary>
internal sealed record TransferLeadershipBody(string? Member = null);
