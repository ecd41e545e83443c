using Cloudkeeper.Protocol;
using Cloudkeeper.Simulation.Oracle;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Invariants.Locks;

/// <summary>
/// Something outside that a lock protects, and that refuses smaller fencing tokens than it has seen. L6: each token
/// that it accepts was granted, and none comes after a larger one.
/// </summary>
internal sealed class GuardedResource(LockBook locks, Totals totals)
{
    private readonly Dictionary<string, long> _largest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _believers = new(StringComparer.Ordinal);

    public bool TryUse(string path, Ticket token)
    {
        if (locks.Find(token)?.HeldSince is null)
        {
            throw new ViolationException("L6 guarded resource", $"{path}: token {token} was never granted");
        }

        if (token.Value < _largest.GetValueOrDefault(path))
        {
            totals.Count(Marker.StaleTokensRejectedByResource);
            return false;
        }

        _largest[path] = token.Value;
        return true;
    }

    public void Believes(string path, bool holds)
    {
        var count = _believers[path] = _believers.GetValueOrDefault(path) + (holds ? 1 : -1);
        if (holds && count > 1)
        {
            totals.Count(Marker.TwoClientsBelievedToHoldALock);
        }
    }
}
