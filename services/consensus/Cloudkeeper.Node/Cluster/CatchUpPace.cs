using Cloudkeeper.Raft;

namespace Cloudkeeper.Node.Cluster;

/// <summary>
/// How long a member needs to catch up, from how fast its lag has shrunk between two looks at it: the log grows meanwhile.
/// </summary>
internal sealed class CatchUpPace(TimeProvider time)
{
    /// <summary>Looks that follow each other faster are measured against the same earlier one.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<NodeId, Look> _looks = [];

    /// <summary>Null: not known, or never at this pace.</summary>
    public TimeSpan? TimeLeft(NodeId member, long missing)
    {
        var now = time.GetTimestamp();
        if (!_looks.TryGetValue(member, out var before))
        {
            _looks[member] = new Look(now, missing, null);
            return null;
        }

        var elapsed = time.GetElapsedTime(before.At, now);
        if (elapsed < Interval)
        {
            return before.TimeLeft;
        }

        var caughtUp = before.Missing - missing;
        TimeSpan? left = caughtUp > 0 ? elapsed * ((double)missing / caughtUp) : null;
        _looks[member] = new Look(now, missing, left);
        return left;
    }

    public void Forget(NodeId member) => _looks.Remove(member);

    private readonly record struct Look(long At, long Missing, TimeSpan? TimeLeft);
}
