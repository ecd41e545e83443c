namespace Cloudkeeper.Node.Joining;

/// <summary>The body of <c>POST /membership/invite</c>: join the cluster that is at these addresses.</summary>
internal sealed record InvitationBody(Guid Cluster, IReadOnlyList<string> Addresses, bool Replace = false);

/// <summary>The body of <c>POST /membership/members</c>: a running node without a cluster is to join.</summary>
internal sealed record NewMemberBody(string Url, bool Replace = false, bool DryRun = false);
