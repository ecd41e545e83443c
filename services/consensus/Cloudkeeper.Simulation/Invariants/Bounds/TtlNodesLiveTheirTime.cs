using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Commands;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;
using Cloudkeeper.Tree;

namespace Cloudkeeper.Simulation.Invariants.Bounds;

/// <summary>
/// Z2: a TTL is a duration. No leader deletes a TTL node before so much time has passed since it was written, with the
/// clocks set to any time; a time in which all nodes stood still does not count. That all of them go in the end is
/// liveness.
/// </summary>
internal sealed class TtlNodesLiveTheirTime(FrozenTimes frozen, Totals totals, Func<StateMachine> reference)
    : ICommittedCheck
{
    /// <summary>A leader counts whole milliseconds, at both ends.</summary>
    private const long Rounding = 2 * Scheduler.Millisecond;

    // Null: from before the feature level, when they went by the time of day.
    private readonly Dictionary<string, Life?> _lives = new(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _lives.Count;

    public void Check(CommittedEntry entry)
    {
        var isLeaders = entry.Batch is { Requests: [{ Command: RemoveIdleNodesCommand }] };
        foreach (var set in entry.Changes)
        {
            foreach (var change in set.Changes)
            {
                if (change.Type != ChangeType.Deleted)
                {
                    Write(change, entry);
                }
                else if (_lives.Remove(change.Path, out var life) && isLeaders && life is not null)
                {
                    Require(change.Path, life, entry);
                }
            }
        }
    }

    private void Write(Change change, CommittedEntry entry)
    {
        if (change.Stat.Kind == NodeKind.Ttl)
        {
            _lives[change.Path] = reference().FeatureLevel < FeatureLevels.AwakeClock
                ? null
                : new Life(entry.ProposedAt, change.Stat.TtlMilliseconds * Scheduler.Millisecond);
        }
    }

    private void Require(string path, Life life, CommittedEntry entry)
    {
        totals.Count(Marker.TtlNodesDeleted);
        var lived = entry.ProposedAt - life.Since - frozen.Between(life.Since, entry.ProposedAt);
        if (lived < life.Ttl - Rounding)
        {
            throw new ViolationException(
                "Z2 durations", $"{path} is deleted after {lived / 1e6:F6} s, its TTL is {life.Ttl / 1e6:F3} s");
        }
    }

    private sealed record Life(long Since, long Ttl);
}
