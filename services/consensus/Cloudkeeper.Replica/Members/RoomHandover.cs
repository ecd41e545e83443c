using Cloudkeeper.Raft;

namespace Cloudkeeper.Replica.Members;

/// <summary>
/// To which voter a leader hands over whose disk has no room, or hangs: each is asked once in a while, since one that has no room
/// either does not take over, and an attempt costs the writes of an election timeout.
/// </summary>
/// <param name="electionTicks">Ticks of an election timeout.</param>
internal sealed class RoomHandover(int electionTicks)
{
    /// <summary>Election timeouts before a voter is asked again: half a minute with the default settings.</summary>
    private const int RestTimeouts = 30;

    private readonly Dictionary<NodeId, long> _askedAt = [];
    private Term _term;
    private long _now;

    public void Tick() => _now++;

    public void Asked(NodeId candidate) => _askedAt[candidate] = _now;

    /// <summary>Null: none is to be asked now.</summary>
    /// <param name="candidates">The best one first.</param>
    public NodeId? Next(Term term, IEnumerable<NodeId> candidates)
    {
        if (term != _term)
        {
            _term = term;
            _askedAt.Clear();
        }

        foreach (var candidate in candidates)
        {
            if (!_askedAt.TryGetValue(candidate, out var asked) || _now - asked >= RestTimeouts * electionTicks)
            {
                return candidate;
            }
        }

        return null;
    }
}
