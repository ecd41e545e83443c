namespace Cloudkeeper.Raft;

/// <summary>Who belongs to the cluster and who votes (thesis, chapter 4). Immutable; members in order of id.</summary>
/// <remarks>Derived from snapshot plus log only, never stored a third time (bugs B-15, B-54).</remarks>
public sealed class Membership : IEquatable<Membership>
{
    public Membership(IEnumerable<Member> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        Members = [.. members.OrderBy(m => m.Id.Value)];
        for (var i = 1; i < Members.Count; i++)
        {
            Invariant.Require(Members[i - 1].Id != Members[i].Id);
        }
    }

    public static Membership Empty { get; } = new([]);

    public IReadOnlyList<Member> Members { get; }

    /// <summary>True while two configurations are in force and every decision needs a majority of both.</summary>
    public bool IsJoint => Members.Any(m => m.IsOutgoingVoter);

    public Member? Find(NodeId id) => Members.FirstOrDefault(m => m.Id == id);

    public bool Equals(Membership? other) => other is not null && Members.SequenceEqual(other.Members);

    public override bool Equals(object? obj) => Equals(obj as Membership);

    public override int GetHashCode() => Members.Count;

    public override string ToString() => string.Join(
        ' ',
        Members.Select(m => m.Id + (m.IsVoter ? "v" : "") + (m.IsOutgoingVoter ? "o" : "") + (m.IsLearner ? "l" : "")));
}
