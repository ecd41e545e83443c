using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>
/// Which node announces itself? A member that came back, one whose data is lost, one that was removed, one that was
/// expected, a new one: told apart by cluster, instance, id and address, in this order.
/// </summary>
internal static class AnnouncementRules
{
    /// <summary>Members beyond the voters, expected ones included.</summary>
    public const int LearnersMax = 9;

    public static Verdict Judge(Announcement announcement, ClusterFacts facts)
    {
        if (announcement.Problem() is { } problem)
        {
            return Verdict.Refuse(ChangeCodes.InvalidAnnouncement, problem);
        }

        if (announcement.Cluster is { } cluster && cluster != facts.Cluster)
        {
            return Verdict.Refuse(
                ChangeCodes.WrongCluster,
                $"This is cluster {facts.Cluster:N}, the data of the node belongs to cluster {cluster:N}: "
                + "start it with an address of its own cluster, or with an empty data directory.");
        }

        var verdict = JudgeIdentity(announcement, facts);
        return verdict.Next is not null && announcement.Level < facts.FeatureLevel
            ? Verdict.Refuse(
                ChangeCodes.TooOld,
                $"The cluster uses feature level {facts.FeatureLevel}, the program of the node knows {announcement.Level}: "
                + "start it with a newer one.")
            : verdict;
    }

    private static Verdict JudgeIdentity(Announcement announcement, ClusterFacts facts)
    {
        var members = facts.Members.Members;
        if (members.FirstOrDefault(m => m.Instance == announcement.Instance) is { } present)
        {
            return WelcomeBack(present, announcement, facts);
        }

        if (announcement.Node is { } later && later.Value > facts.Members.LastId.Value)
        {
            // A later leader has given it. This leader was frozen, or cut off, and has not noticed yet.
            return Verdict.Wait($"{Names.Of(later)} is not known here yet.");
        }

        var former = announcement.Node is { } id ? facts.Members.Find(id) : null;
        var holder = Holder(announcement.Address, members);
        // It has an id, and the id is no member's any more. Its data must not come back, not even in another's place.
        if (announcement.Node is { } node && (former is null || (HasArrived(former) && !announcement.Replace)))
        {
            return Verdict.Refuse(
                ChangeCodes.Removed,
                $"{Names.Of(node)} was removed from this cluster: start the node with an empty data directory to let it join anew.");
        }

        if (announcement.Replace && (HasArrived(former) ? former : holder) is { } lost && HasArrived(lost))
        {
            return Replace(lost, announcement, facts);
        }

        return holder switch
        {
            null => Admit(announcement, members, facts.Members),
            { } when HasArrived(holder) => Verdict.Refuse(
                ChangeCodes.DiskLost,
                $"{Names.Of(holder.Id)} has this address, and other data: if its data is lost, let this node replace it; "
                + "if it is still there, give this node an address of its own."),
            _ => Verdict.Propose(
                With(facts.Members, holder with { Instance = announcement.Instance, Level = announcement.Level }), holder.Id),
        };
    }

    private static Verdict WelcomeBack(Member member, Announcement announcement, ClusterFacts facts)
    {
        var members = facts.Members;
        if (Holder(announcement.Address, members.Members) is { } holder && holder != member)
        {
            return AddressTaken(holder);
        }

        if (member.Address != announcement.Address && JudgeMove(member, announcement, facts) is { } objection)
        {
            return objection;
        }

        var now = member with { Address = announcement.Address, Level = announcement.Level };
        return now == member
            ? Verdict.Say(new ChangeOutcome(ChangeStatus.Done) { Node = member.Id, Membership = members })
            : Verdict.Propose(With(members, now), member.Id);
    }

    /// <summary>A data directory moves only with its process: two under one id would vote twice.</summary>
    /// <remarks>
    /// The entries that it has acknowledged and the votes that it has given must be there: by an older copy the cluster
    /// could lose committed entries (bug B-15). This leader knows it for the time since it leads.
    /// </remarks>
    private static Verdict? JudgeMove(Member member, Announcement announcement, ClusterFacts facts) => announcement.Former switch
    {
        { } former when former.Address != member.Address => Verdict.Wait($"{Names.Of(member.Id)} is known at {member.Address} by now."),
        { Occupant: Occupant.AnotherProcess } former => Verdict.Refuse(ChangeCodes.CopiedData, former.Problem(member.Id)),
        { Occupant: Occupant.Announcer } => null,

        // The leader is the member itself, and not silent because it is absent.
        _ when member.Id == facts.Leader => null,
        null => Verdict.Wait($"The process at {member.Address} has to be identified first."),
        _ when facts.IsActive(member.Id) || facts.IsYoung => Verdict.Wait(
            $"{Names.Of(member.Id)} may still be at {member.Address}: it moves once it has been silent there for a while."),
        _ when announcement.LastIndex < facts.MatchOf(member.Id) => Verdict.Refuse(
            ChangeCodes.OutdatedData,
            $"The data of {Names.Of(member.Id)} ends at entry {announcement.LastIndex} here, and it has acknowledged entry "
            + $"{facts.MatchOf(member.Id)}: this is an older copy. Start the node where {Names.Of(member.Id)} was, or with a copy "
            + $"that was made after it had stopped; if its data is lost, with an empty data directory, --join and --replace true."),
        _ => null,
    };

    /// <summary>One entry takes the old member out and the new one in, as a learner: at no time do both vote.</summary>
    private static Verdict Replace(Member lost, Announcement announcement, ClusterFacts facts)
    {
        if (facts.IsActive(lost.Id) || facts.IsYoung)
        {
            return Verdict.Wait($"{Names.Of(lost.Id)} may still be there: it is replaced once it has been silent for a while.");
        }

        Member[] stay = [.. facts.Members.Members.Where(m => m != lost)];
        if (Holder(announcement.Address, stay) is { } holder)
        {
            return AddressTaken(holder);
        }

        var verdict = Admit(announcement, stay, facts.Members);
        return verdict.Next is { } next
            && SafetyRule.Judge(next, facts, $"{Names.Of(lost.Id)} cannot be replaced") is { } unsafeChange
                ? unsafeChange
                : verdict;
    }

    private static Verdict Admit(Announcement announcement, IReadOnlyList<Member> members, Membership current)
    {
        if (members.Count >= MembershipCodec.MembersMax)
        {
            return Verdict.Refuse(ChangeCodes.UnsafeChange, $"A cluster has at most {MembershipCodec.MembersMax} members.");
        }

        // Each is sent the whole state, and every change from then on; a node that means to stay becomes a voter soon.
        if (members.Count(m => m.IsLearner) >= LearnersMax)
        {
            return Verdict.Refuse(
                ChangeCodes.UnsafeChange,
                $"{LearnersMax} members do not vote yet: wait until they do, or remove some of them first.");
        }

        // Ids are given once: a node that comes back without its data is another member (bug B-15).
        var id = new NodeId(current.LastId.Value + 1);
        var learner = new Member(id, announcement.Address, IsVoter: false)
        {
            Instance = announcement.Instance,
            Level = announcement.Level,
        };
        return Verdict.Propose(MembershipStep.Toward(current, [.. members, learner]), id);
    }

    private static Verdict AddressTaken(Member holder) => Verdict.Refuse(
        ChangeCodes.AddressTaken,
        $"{Names.Of(holder.Id)} has this address: give this node another one, or remove {Names.Of(holder.Id)} first.");

    private static Membership With(Membership members, Member changed) => new(
        members.Members.Select(m => m.Id == changed.Id ? changed : m), members.LastId);

    private static bool HasArrived(Member? member) => member is not null && member.Instance != Guid.Empty;

    private static Member? Holder(string address, IEnumerable<Member> members) => members.FirstOrDefault(
        m => string.Equals(m.Address.TrimEnd('/'), address.TrimEnd('/'), StringComparison.OrdinalIgnoreCase));
}
