namespace Cloudkeeper.Raft.Log;

/// <summary>
/// The memberships that the snapshot and the log hold, newest last. The newest is in force from the moment it is
/// appended (thesis, section 4.1); when its entry is truncated, the one before is in force again.
/// </summary>
internal sealed class MembershipHistory
{
    private readonly List<(LogIndex Since, Membership Membership)> _items = [(LogIndex.Zero, Membership.Empty)];

    public Membership Current => _items[^1].Membership;

    /// <summary>Where the current one stands in the log.</summary>
    public LogIndex CurrentSince => _items[^1].Since;

    /// <summary>Starts anew from a snapshot: nothing older or newer outlives it (bug B-54).</summary>
    public void Reset(LogIndex index, Membership membership)
    {
        _items.Clear();
        _items.Add((index, membership));
    }

    public void Append(LogIndex index, Membership membership)
    {
        Invariant.Require(index > CurrentSince);
        _items.Add((index, membership));
    }

    public void TruncateFrom(LogIndex index)
    {
        while (_items.Count > 1 && CurrentSince >= index)
        {
            _items.RemoveAt(_items.Count - 1);
        }

        Invariant.Require(CurrentSince < index);
    }

    /// <summary>The membership in force at an index not older than the last compaction.</summary>
    public Membership At(LogIndex index) => _items[PositionAt(index)].Membership;

    /// <summary>The newest entry of a member, not looking behind the membership in force at an index.</summary>
    public Member? Find(NodeId id, LogIndex since)
    {
        for (var i = _items.Count - 1; i >= PositionAt(since); i--)
        {
            if (_items[i].Membership.Find(id) is { } member)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>Whether a member votes in the membership in force at an index or in any behind it.</summary>
    public bool HasVoter(NodeId id, LogIndex since)
    {
        for (var i = _items.Count - 1; i >= PositionAt(since); i--)
        {
            if (_items[i].Membership.Find(id) is { IsLearner: false })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The voters of the membership in force at an index or of any behind it, in order of id.</summary>
    public IReadOnlyList<Member> Voters(LogIndex since) =>
    [
        .. _items.Skip(PositionAt(since)).Reverse()
            .SelectMany(item => item.Membership.Members)
            .Where(m => !m.IsLearner)
            .DistinctBy(m => m.Id)
            .OrderBy(m => m.Id.Value),
    ];

    /// <summary>There will be no question for memberships before this index.</summary>
    public void ForgetBefore(LogIndex index) => _items.RemoveRange(0, PositionAt(index));

    private int PositionAt(LogIndex index)
    {
        var position = _items.Count - 1;
        while (_items[position].Since > index)
        {
            position--;
            Invariant.Require(position >= 0);
        }

        return position;
    }
}
