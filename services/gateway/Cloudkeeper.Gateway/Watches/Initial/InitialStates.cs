using Cloudkeeper.Coherence.Watches;
using Cloudkeeper.Gateway.Errors;
using Cloudkeeper.Gateway.Feed;
using Cloudkeeper.Protocol;
using Cloudkeeper.Protocol.Feed;

namespace Cloudkeeper.Gateway.Watches.Initial;

/// <summary>
/// The initial states of watches. Equal ones share one; all of them together have a bound (<see cref="InitialRoom"/>).
/// </summary>
internal sealed class InitialStates(ChangeRelay relay, InitialRoom room, InitialStateReader reader)
{
    /// <summary>States that are read, or wait for room.</summary>
    private const int ReadMax = 256;

    /// <summary>How long a state that is there is kept waiting for, to find that it is still the present one.</summary>
    private static readonly TimeSpan NewsMax = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, InitialState> _newest = new(StringComparer.Ordinal);
    private int _readCount;
    private int _count;

    /// <summary>States that take memory.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Watches that wait for a state that others may join, or are sent one.</summary>
    public int HolderCount
    {
        get
        {
            lock (_gate)
            {
                return _newest.Values.Sum(static state => state.Holders);
            }
        }
    }

    /// <summary>The state at a revision that is not before <paramref name="present"/>.</summary>
    /// <exception cref="ProblemException">Too much at once, or no node answers.</exception>
    /// <exception cref="OperationCanceledException">It is not wanted any more.</exception>
    public async Task<InitialHold> ReadAsync(
        WatchInterest interest, bool withValues, Revision present, CancellationToken cancellationToken)
    {
        var key = KeyOf(interest, withValues);
        if (IsBehind(key, present))
        {
            await relay.WaitForAsync(present, NewsMax, cancellationToken);
        }

        var state = Join(key, interest, withValues, present);
        try
        {
            await state.Completed.WaitAsync(cancellationToken);
            return new InitialHold(state.Build(), () => Leave(key, state));
        }
        catch
        {
            Leave(key, state);
            throw;
        }
    }

    /// <summary>The targets of a watch have one scope.</summary>
    private static string KeyOf(WatchInterest interest, bool withValues) =>
        $"{withValues} {interest.Targets[0].Scope} "
        + string.Join('\n', interest.Targets.Select(static target => target.Path).Order(StringComparer.Ordinal));

    private bool IsBehind(string key, Revision present)
    {
        lock (_gate)
        {
            return _newest.TryGetValue(key, out var state) && !state.TryJoin(present);
        }
    }

    private InitialState Join(string key, WatchInterest interest, bool withValues, Revision present)
    {
        InitialState? state;
        lock (_gate)
        {
            if (_newest.TryGetValue(key, out state) && (state.TryJoin(present) || TryAdvance(state, present)))
            {
                state.Holders++;
                return state;
            }

            if (_readCount >= ReadMax && !room.TryRefuseLargest())
            {
                throw new ProblemException(ErrorKinds.Overloaded, "Too many initial states are read: try again later.");
            }

            state = new InitialState(interest, withValues, present, room) { Holders = 1 };
            _newest[key] = state;
            _readCount++;
            _count++;
        }

        _ = ReadAsync(key, state);
        return state;
    }

    private bool TryAdvance(InitialState state, Revision present)
    {
        var changes = new List<ChangeSet>();
        return relay.TryRead(state.Revision, present, changes) && state.TryAdvance(changes, present);
    }

    private async Task ReadAsync(string key, InitialState state)
    {
        try
        {
            await reader.ReadAsync(state);
            state.Complete();
        }
        catch (Exception e)
        {
            // The waiting watches get the error.
            state.Fail(e);
        }

        bool isOver;
        lock (_gate)
        {
            _readCount--;
            state.IsBeingRead = false;
            isOver = state.Completed.IsFaulted || state.Holders == 0;
            if (isOver)
            {
                Forget(key, state);
                _count--;
            }
        }

        if (isOver)
        {
            state.GiveBack();
        }
    }

    /// <summary>One watch less. The last one gives all back.</summary>
    private void Leave(string key, InitialState state)
    {
        bool isOver, isAbandoned;
        lock (_gate)
        {
            var isLast = --state.Holders == 0;
            isAbandoned = isLast && state.IsBeingRead;
            isOver = isLast && !state.IsBeingRead && !state.Completed.IsFaulted;
            if (isLast)
            {
                Forget(key, state);
                _count -= isOver ? 1 : 0;
            }
        }

        if (isAbandoned)
        {
            // Its reader ends, and gives it back.
            state.Abandon();
        }
        else if (isOver)
        {
            state.GiveBack();
        }
    }

    private void Forget(string key, InitialState state)
    {
        if (_newest.GetValueOrDefault(key) == state)
        {
            _newest.Remove(key);
        }
    }
}
