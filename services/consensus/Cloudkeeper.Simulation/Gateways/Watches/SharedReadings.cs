using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways.Watches;

/// <summary>
/// The initial states of the watchers of a gateway: equal ones share it as long as one of them is sent it. What the
/// gateway's InitialStates do.
/// </summary>
internal sealed class SharedReadings(Gateway gateway)
{
    private const long ShownFor = 4 * Scheduler.Second;

    private readonly Dictionary<string, SnapshotReading> _newest = new(StringComparer.Ordinal);

    /// <param name="shown">
    /// Null: no node answers, or everything changes faster than it can be read. Else with what was there when it was asked for.
    /// </param>
    public void Read(WatchInterest interest, Action<Snapshot?, Revision> shown) => gateway.AskReadIndex(
        gateway.World.Scheduler.Now + gateway.World.Workload.CallTimeout, point =>
        {
            if (point is { Revision: var present })
            {
                Join(interest, present, snapshot => shown(snapshot, present));
            }
            else
            {
                shown(null, default);
            }
        });

    private void Join(WatchInterest interest, Revision present, Action<Snapshot?> shown)
    {
        var key = string.Join(' ', interest.Targets.Select(static target => $"{target}").Order(StringComparer.Ordinal));
        if (_newest.TryGetValue(key, out var reading) && TryJoin(reading.Shared, present))
        {
            gateway.World.Totals.Count(Marker.WatchSnapshotsShared);
            reading.Wait(shown);
            return;
        }

        reading = new SnapshotReading(gateway, interest, present, succeeded => Ended(key, succeeded));
        _newest[key] = reading;
        reading.Wait(shown);
        reading.Begin();
    }

    private bool TryJoin(SharedSnapshot shared, Revision present)
    {
        if (shared.TryJoin(present))
        {
            return true;
        }

        var hub = gateway.Memory.Hub;
        var changes = new List<ChangeSet>();
        if (hub.Revision < present
            || !hub.TryRead(shared.Revision, int.MaxValue, changes)
            || !shared.TryAdvance(changes, present))
        {
            return false;
        }

        gateway.World.Totals.Count(Marker.WatchSnapshotsAdvanced);
        return true;
    }

    /// <summary>A slow reader keeps it there for a while.</summary>
    private void Ended(string key, bool succeeded)
    {
        var reading = _newest.GetValueOrDefault(key);
        gateway.Later(succeeded ? gateway.Random.Exponential(ShownFor) : 0, () =>
        {
            if (_newest.GetValueOrDefault(key) == reading)
            {
                _newest.Remove(key);
            }
        });
    }
}
