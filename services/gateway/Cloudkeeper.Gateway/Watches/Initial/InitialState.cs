using Cloudkeeper.Coherence.Delivery;
using System.Diagnostics.CodeAnalysis;
using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Watches.Initial;

/// <summary>One initial state, from its first page until the last watch that is shown it has been shown it.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has neither a timer nor a handle.")]
internal sealed class InitialState(WatchInterest interest, bool withValues, Revision present, InitialRoom room)
{
    private readonly Lock _gate = new();
    private readonly SharedSnapshot _shared = new(interest, withValues, present);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned = new();
    private long _held;

    public WatchInterest Interest => interest;

    /// <summary>Used by its reader alone.</summary>
    public SnapshotBuilder Builder => _shared.Builder;

    /// <summary>No watch wants it any more.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>It can be shown, or cannot be had.</summary>
    public Task Completed => _completed.Task;

    /// <summary>How many watches want it, or are sent it. Guarded by the owner of all states.</summary>
    public int Holders { get; set; }

    public bool IsBeingRead { get; set; } = true;

    /// <inheritdoc cref="SharedSnapshot.PageRevision"/>
    public Revision PageRevision
    {
        get
        {
            lock (_gate)
            {
                return _shared.PageRevision;
            }
        }
    }

    /// <inheritdoc cref="SharedSnapshot.Revision"/>
    public Revision Revision
    {
        get
        {
            lock (_gate)
            {
                return _shared.Revision;
            }
        }
    }

    /// <inheritdoc cref="SharedSnapshot.TryJoin"/>
    public bool TryJoin(Revision present)
    {
        lock (_gate)
        {
            return _shared.TryJoin(present);
        }
    }

    /// <inheritdoc cref="SharedSnapshot.TryAdvance"/>
    public bool TryAdvance(List<ChangeSet> changes, Revision through)
    {
        lock (_gate)
        {
            return _shared.TryAdvance(changes, through);
        }
    }

    /// <summary>Takes a page.</summary>
    public string? Add(WatchTarget target, in ReadAnswer answer)
    {
        lock (_gate)
        {
            return Builder.Add(target, (ReadSubtreeResult)answer.Result, answer.Revision);
        }
    }

    /// <inheritdoc cref="SharedSnapshot.Seal"/>
    public Revision Seal()
    {
        lock (_gate)
        {
            return _shared.Seal();
        }
    }

    /// <summary>Takes room for the nodes that are read.</summary>
    /// <returns>False: there is none.</returns>
    public bool TryGrow() => room.TryGrow(ref _held, Builder.Bytes);

    /// <summary>Drops the nodes that were read, and gives their room back, to read them again.</summary>
    public void BeginAnew()
    {
        lock (_gate)
        {
            _shared.BeginAnew();
        }

        GiveBack();
    }

    public Snapshot Build()
    {
        lock (_gate)
        {
            return _shared.Build();
        }
    }

    public void Complete() => _completed.SetResult();

    /// <summary>It cannot be had.</summary>
    public void Fail(Exception reason)
    {
        _completed.SetException(reason);

        // All watches that wanted it may have gone.
        _ = _completed.Task.Exception;
    }

    public void Abandon() => _abandoned.Cancel();

    public void GiveBack() => room.GiveBack(ref _held);
}
