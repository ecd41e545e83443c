using Cloudkeeper.Coherence.Delivery;
using Cloudkeeper.Gateway.Configuration;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Gateway.Upstream;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;
using Cloudkeeper.Protocol.Reads;

namespace Cloudkeeper.Gateway.Watches.Initial;

/// <summary>
/// Reads initial states, each exact at one revision, however many reads that takes. States that are read at the same time take
/// turns by the page: a small one does not wait for a large one.
/// </summary>
internal sealed class InitialStateReader(
    INodes nodes, ChangeRelay relay, InitialRoom room, GatewayOptions options, TimeProvider time) : IDisposable
{
    /// <summary>A node ends a page earlier when its values are large.</summary>
    private const int PageSize = 1_000;

    private const int PagesAtOnce = 2;
    private const int TriesMax = 3;

    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _turns = new(PagesAtOnce);

    private enum Outcome
    {
        Complete,

        /// <summary>The changes between the reads are not at hand any more.</summary>
        ChangesLost,
        NoRoom,
    }

    /// <exception cref="ProblemException">Too much at once, or no node answers.</exception>
    public async Task ReadAsync(InitialState state)
    {
        var waited = TimeSpan.Zero;
        for (var tries = 1; tries <= TriesMax;)
        {
            var outcome = await TryReadAsync(state);
            if (outcome == Outcome.Complete)
            {
                return;
            }

            var needed = state.Builder.Bytes;
            state.BeginAnew();
            if (outcome == Outcome.NoRoom)
            {
                var began = time.GetTimestamp();
                await WaitForRoomAsync(needed, options.RequestTimeout - waited, state.Abandoned);
                waited += time.GetElapsedTime(began);
            }
            else
            {
                tries++;
            }
        }

        throw new ProblemException(ErrorKinds.Overloaded, "The nodes change faster than they can be read: watch smaller parts.");
    }

    public void Dispose() => _turns.Dispose();

    private async Task WaitForRoomAsync(long bytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!room.CanHold(bytes))
        {
            throw new ProblemException(ErrorKinds.Overloaded, "This is more than can be shown at once: watch smaller parts.");
        }

        if (timeout <= TimeSpan.Zero || !await room.WaitAsync(bytes, timeout, cancellationToken))
        {
            throw new ProblemException(ErrorKinds.Overloaded, "Too many watches are shown their initial state: try again later.");
        }
    }

    private async Task<Outcome> TryReadAsync(InitialState state)
    {
        foreach (var target in state.Interest.Targets)
        {
            for (string? after = ""; after is not null;)
            {
                var page = state.Builder.PageOf(target, after, PageSize);
                after = state.Add(target, await ReadAsync(page, state.PageRevision, state.Abandoned));
                if (!TryPatch(state, relay.Revision))
                {
                    return Outcome.ChangesLost;
                }

                if (!state.TryGrow())
                {
                    return Outcome.NoRoom;
                }
            }
        }

        return await TryCompleteAsync(state);
    }

    private async Task<Outcome> TryCompleteAsync(InitialState state)
    {
        var through = state.Seal();
        if (state.Builder.Earliest < through
            && !(await relay.WaitForAsync(through, CatchUpMax, state.Abandoned) && TryPatch(state, through)))
        {
            return Outcome.ChangesLost;
        }

        foreach (var (path, node) in state.Builder.WithoutValue.ToArray())
        {
            if (!state.TryGrow())
            {
                return Outcome.NoRoom;
            }

            // Too large for the feed. History may be gone over it.
            var (result, _) = await ReadAsync(new ReadChangeRequest(node.ReadAt, path), through, state.Abandoned);
            if (result is not ReadChangeResult { Change.Value: { } value })
            {
                return Outcome.ChangesLost;
            }

            state.Builder.Fill(path, value);
        }

        return state.TryGrow() ? Outcome.Complete : Outcome.NoRoom;
    }

    /// <summary>Patches as soon as the changes have come: the window does not keep them for as long as large states take.</summary>
    /// <returns>False: some of them are gone.</returns>
    private bool TryPatch(InitialState state, Revision through)
    {
        if (through <= state.Builder.Earliest)
        {
            return true;
        }

        var changes = new List<ChangeSet>();
        if (!relay.TryRead(state.Builder.Earliest, through, changes))
        {
            return false;
        }

        state.Builder.Patch(changes, through);
        return true;
    }

    private async ValueTask<ReadAnswer> ReadAsync(ReadRequest request, Revision atLeast, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            // Not the leader's work: it is enough to be as new as the feed that the watches have.
            return await nodes.ReadAsync(request, ReadConsistency.Local, atLeast);
        }
        finally
        {
            _turns.Release();
        }
    }
}
