using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Joining;

/// <summary>The body of <c>POST /membership/announce</c>.</summary>
internal sealed record AnnouncementBody(
    Guid? Cluster, int? Node, Guid Instance, string Address, int Level, bool Replace = false, Guid Run = default, long? Last = null);

/// <summary>200 to an announcement: it stands in the log, committed.</summary>
internal sealed record AdmissionBody(Guid Cluster, int Node, IReadOnlyList<MemberBody> Membership);

internal sealed record MemberBody(int Node, string Address, string Role)
{
    public static IReadOnlyList<MemberBody> Of(Membership membership) =>
        [.. membership.Members.Select(m => new MemberBody(m.Id.Value, m.Address, m.IsLearner ? "learner" : "voter"))];
}

/// <summary>202: ask again.</summary>
internal sealed record UnderWayBody(string? Reason);

/// <summary>409: a rule stands against it.</summary>
internal sealed record RefusalBody(string Code, string Detail);
