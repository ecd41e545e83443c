using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways.Watches;

/// <summary>
/// Reads what a watcher is to see first, page by page, and patches it with the changes between: what the gateway's
/// SnapshotReader does.
/// </summary>
/// <param name="ended">Null: no node answers, or everything changes faster than it can be read.</param>
internal sealed class SnapshotReading(Gateway gateway, WatchInterest interest, Action<Snapshot?> ended)
{
    private const int TriesMax = 3;
    private const long CatchUpMax = 5 * Scheduler.Second;
    private const long CatchUpCheck = 5 * Scheduler.Millisecond;

    private SnapshotBuilder _builder = new(interest, withValues: true);
    private int _tries;
    private int _target;

    private World World => gateway.World;

    private WatchHub Hub => gateway.Memory.Hub;

    public void Begin()
    {
        if (_tries++ == TriesMax)
        {
            ended(null);
            return;
        }

        _builder = new SnapshotBuilder(interest, withValues: true);
        _target = 0;
        Read("");
    }

    private void Read(string after)
    {
        var target = interest.Targets[_target];
        var page = _builder.PageOf(target, after, World.Options.Coherence.SnapshotPage);
        Ask(page, (answer, at) => GoOn(_builder.Add(target, (ReadSubtreeResult)answer, at)));
    }

    private void Ask(ReadRequest request, Action<ReadResult, Revision> answered)
    {
        var question = new HistoryOperation
        {
            Client = 0,
            Invoked = World.Scheduler.Now,
            Read = request,
            Wanted = Freshness.Linearizable,
        };
        gateway.Ask(new Call(question, World.Scheduler.Now + World.Workload.CallTimeout, (_, result) =>
        {
            if (result is (ReadResult answer, Revision at))
            {
                answered(answer, at);
            }
            else
            {
                ended(null);
            }
        }));
    }

    /// <param name="after">Null: this target is read.</param>
    private void GoOn(string? after)
    {
        if (after is null && ++_target == interest.Targets.Count)
        {
            Patch(World.Scheduler.Now + CatchUpMax);
        }
        else
        {
            Read(after ?? "");
        }
    }

    private void Patch(long deadline)
    {
        if (_builder.IsOfOneRevision)
        {
            ended(_builder.Build());
        }
        else if (Hub.Revision < _builder.Latest && World.Scheduler.Now < deadline)
        {
            gateway.Later(CatchUpCheck, () => Patch(deadline));
        }
        else
        {
            TryPatch();
        }
    }

    private void TryPatch()
    {
        var changes = new List<ChangeSet>();
        if (Hub.Revision < _builder.Latest || !Hub.TryRead(_builder.Earliest, int.MaxValue, changes))
        {
            BeginAnew();
            return;
        }

        World.Totals.Count(Marker.WatchSnapshotsPatched);
        _builder.Patch(changes);
        Fill();
    }

    /// <summary>Fetches a value that is too large for the feed.</summary>
    private void Fill()
    {
        if (_builder.WithoutValue.Select(static node => (node.Key, node.Value.ReadAt)).FirstOrDefault() is not ({ } path, var at))
        {
            ended(_builder.Build());
            return;
        }

        Ask(new ReadChangeRequest(at, path), (answer, _) =>
        {
            if (answer is ReadChangeResult { Change.Value: { } value })
            {
                World.Totals.Count(Marker.WatchSnapshotsFilled);
                _builder.Fill(path, value);
                Fill();
            }
            else
            {
                BeginAnew();
            }
        });
    }

    private void BeginAnew()
    {
        World.Totals.Count(Marker.WatchSnapshotsReadAgain);
        Begin();
    }
}
