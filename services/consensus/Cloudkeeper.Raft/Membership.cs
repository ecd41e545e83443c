namespace Cloudkeeper.Raft;

/// <summary>The members of the cluster and the voters (thesis, chapter 4). Immutable; members in order of id.</summary>
/// <remarks>Derived from snapshot plus log only, never stored a third time (bugs B-15, B-54).</remarks>
public sealed class Membership : IEquatable<Membership>
{
    /// <param name="lastId">The largest id that was ever given to a member; by default the largest of these.</param>
    public Membership(IEnumerable<Member> members, NodeId lastId = default)
    {
        ArgumentNullException.ThrowIfNull(members);
        Members = [.. members.OrderBy(m => m.Id.Value)];
        for (var i = 1; i < Members.Count; i++)
        {
            Invariant.Require(Members[i - 1].Id != Members[i].Id);
        }

        var largest = Members.Count > 0 ? Members[^1].Id : default;
        LastId = lastId.Value > largest.Value ? lastId : largest;
    }

    public static Membership Empty { get; } = new([]);

    public IReadOnlyList<Member> Members { get; }

    /// <summary>
    /// The largest id that was ever given: a smaller one that is not among the members belongs to a member that was
    /// removed.
    /// </summary>
    public NodeId LastId { get; }

    /// <summary>True while two configurations are in force and every decision needs a majority of both.</summary>
    public bool IsJoint => Members.Any(m => m.IsOutgoingVoter);

    public Member? Find(NodeId id) => Members.FirstOrDefault(m => m.Id == id);

    public bool Equals(Membership? other) =>
        other is not null && LastId == other.LastId && Members.SequenceEqual(other.Members);

    public override bool Equals(object? obj) => Equals(obj as Membership);

    public override int GetHashCode() => Members.Count;

    public override string ToString() => string.Join(' ', Members.Select(Describe));

    private static string Describe(Member member) =>
        member.Id
        + (member.IsVoter ? "v" : "")
        + (member.IsOutgoingVoter ? "o" : "")
        + (member.IsLearner ? "l" : "")
        + (member.IsLeaving ? "-" : "");
}
