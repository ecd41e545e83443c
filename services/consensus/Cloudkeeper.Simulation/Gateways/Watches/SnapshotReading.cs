using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;
using Cloudkeeper.Simulation.Clients;
using Cloudkeeper.Simulation.Engine;
using Cloudkeeper.Simulation.Runs;

namespace Cloudkeeper.Simulation.Gateways.Watches;

/// <summary>
/// Reads the initial state of watchers, page by page, and patches it with the changes between: what the gateway's
/// InitialStateReader does.
/// </summary>
/// <param name="ended">Called with whether it can be sent.</param>
internal sealed class SnapshotReading(Gateway gateway, WatchInterest interest, Revision present, Action<bool> ended)
{
    private const int TriesMax = 3;
    private const long CatchUpMax = 5 * Scheduler.Second;
    private const long CatchUpCheck = 5 * Scheduler.Millisecond;

    private readonly List<Action<Snapshot?>> _waiting = [];
    private bool _isComplete;
    private int _tries;
    private int _target;

    public SharedSnapshot Shared { get; } = new(interest, withValues: true, present);

    private World World => gateway.World;

    private WatchHub Hub => gateway.Memory.Hub;

    private SnapshotBuilder Builder => Shared.Builder;

    /// <param name="shown">Null: no node answers, or everything changes faster than it can be read.</param>
    public void Wait(Action<Snapshot?> shown)
    {
        if (_isComplete)
        {
            shown(Shared.Build());
        }
        else
        {
            _waiting.Add(shown);
        }
    }

    public void Begin()
    {
        if (_tries++ == TriesMax)
        {
            End(succeeded: false);
            return;
        }

        Shared.BeginAnew();
        _target = 0;
        Read("");
    }

    private void End(bool succeeded)
    {
        _isComplete = succeeded;
        ended(succeeded);
        foreach (var shown in _waiting)
        {
            shown(succeeded ? Shared.Build() : null);
        }
    }

    private void Read(string after)
    {
        var target = interest.Targets[_target];
        var page = Builder.PageOf(target, after, World.Options.Coherence.SnapshotPage);
        Ask(page, Shared.PageRevision, (answer, at) =>
        {
            var next = Builder.Add(target, (ReadSubtreeResult)answer, at);
            if (TryPatch(Hub.Revision))
            {
                GoOn(next);
            }
            else
            {
                BeginAnew();
            }
        });
    }

    private void Ask(ReadRequest request, Revision atLeast, Action<ReadResult, Revision> answered)
    {
        var question = new HistoryOperation
        {
            Client = 0,
            Invoked = World.Scheduler.Now,
            Read = request,
            Wanted = Freshness.Session,
            AskedFor = atLeast,
        };
        gateway.Ask(new Call(question, World.Scheduler.Now + World.Workload.CallTimeout, (_, result) =>
        {
            if (result is (ReadResult answer, Revision at))
            {
                answered(answer, at);
            }
            else
            {
                End(succeeded: false);
            }
        }));
    }

    /// <param name="after">Null: this target is read.</param>
    private void GoOn(string? after)
    {
        if (after is null && ++_target == interest.Targets.Count)
        {
            Complete(Shared.Seal(), World.Scheduler.Now + CatchUpMax);
        }
        else
        {
            Read(after ?? "");
        }
    }

    private void Complete(Revision through, long deadline)
    {
        if (Builder.Earliest < through && Hub.Revision < through && World.Scheduler.Now < deadline)
        {
            gateway.Later(CatchUpCheck, () => Complete(through, deadline));
        }
        else if (TryPatch(through))
        {
            Fill();
        }
        else
        {
            BeginAnew();
        }
    }

    private bool TryPatch(Revision through)
    {
        if (through <= Builder.Earliest)
        {
            return true;
        }

        var changes = new List<ChangeSet>();
        if (Hub.Revision < through || !Hub.TryRead(Builder.Earliest, int.MaxValue, changes))
        {
            return false;
        }

        World.Totals.Count(Marker.WatchSnapshotsPatched);
        Builder.Patch(changes, through);
        return true;
    }

    /// <summary>Fetches a value that is too large for the feed.</summary>
    private void Fill()
    {
        if (Builder.WithoutValue.Select(static node => (node.Key, node.Value.ReadAt)).FirstOrDefault() is not ({ } path, var at))
        {
            End(succeeded: true);
            return;
        }

        Ask(new ReadChangeRequest(at, path), Shared.Revision, (answer, _) =>
        {
            if (answer is ReadChangeResult { Change.Value: { } value })
            {
                World.Totals.Count(Marker.WatchSnapshotsFilled);
                Builder.Fill(path, value);
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
