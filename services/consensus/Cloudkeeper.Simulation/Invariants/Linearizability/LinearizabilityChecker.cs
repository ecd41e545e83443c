namespace Cloudkeeper.Simulation.Invariants.Linearizability;

/// <summary>
/// Is there an order of these operations that a single copy could have gone through, each at some moment between its call
/// and its return? The search of Wing and Gong with Lowe's memory of failed tries: it trusts nothing but times and
/// results, and so checks the checker that trusts revisions.
/// </summary>
/// <remarks>
/// It walks along a list of calls and returns. A call that fits the state is taken, out of the list, and the walk begins
/// anew; at a return whose call was not taken the last choice is undone. A set of calls that led to the same state before
/// leads nowhere.
/// </remarks>
internal sealed class LinearizabilityChecker<TState>
    where TState : struct, IEquatable<TState>
{
    private readonly IReadOnlyList<TimedStep<TState>> _steps;
    private readonly List<Event> _events;
    private readonly int[] _next;
    private readonly int[] _previous;
    private readonly int[] _callOf;
    private readonly int[] _returnOf;
    private readonly ulong[] _taken;
    private readonly HashSet<Tried> _tried = [];
    private readonly Stack<(int Step, TState Before)> _choices = new();
    private TState _state;

    private LinearizabilityChecker(IReadOnlyList<TimedStep<TState>> steps, TState initial)
    {
        _steps = steps;
        _state = initial;
        _events = EventsOf(steps);
        _next = [.. Enumerable.Range(1, _events.Count + 1)];
        _previous = [.. Enumerable.Range(-1, _events.Count + 2)];
        (_callOf, _returnOf) = (new int[steps.Count], new int[steps.Count]);
        _taken = new ulong[(steps.Count + 63) / 64];
        for (var i = 0; i < _events.Count; i++)
        {
            (_events[i].IsCall ? _callOf : _returnOf)[_events[i].Step] = i + 1;
        }
    }

    // Place 0 is in front of the first event, the last place behind the last one.
    private int End => _events.Count + 1;

    /// <param name="triesMax">How many sets of operations may be tried: the search can take for ever.</param>
    public static Verdict Check(IReadOnlyList<TimedStep<TState>> steps, TState initial, int triesMax) =>
        new LinearizabilityChecker<TState>(steps, initial).Search(triesMax);

    private static List<Event> EventsOf(IReadOnlyList<TimedStep<TState>> steps)
    {
        var events = new List<Event>(2 * steps.Count);
        for (var i = 0; i < steps.Count; i++)
        {
            events.Add(new Event(steps[i].Invoked, IsCall: true, i));
            events.Add(new Event(steps[i].Returned, IsCall: false, i));
        }

        // At the same moment calls come first: a question at the moment of an answer need not have seen it.
        events.Sort(static (a, b) => a.Time != b.Time ? a.Time.CompareTo(b.Time)
            : a.IsCall != b.IsCall ? b.IsCall.CompareTo(a.IsCall)
            : a.Step.CompareTo(b.Step));
        return events;
    }

    private Verdict Search(int triesMax)
    {
        var at = _next[0];
        while (_next[0] != End)
        {
            if (at != End && _events[at - 1] is { IsCall: true, Step: var step })
            {
                at = TryTake(step) ? _next[0] : _next[at];
            }
            else if (_choices.TryPop(out var choice))
            {
                at = Undo(choice.Step, choice.Before);
            }
            else
            {
                return Verdict.NotLinearizable;
            }

            if (_tried.Count > triesMax)
            {
                return Verdict.GivenUp;
            }
        }

        return Verdict.Linearizable;
    }

    private bool TryTake(int step)
    {
        if (_steps[step].Apply(_state) is not { } after)
        {
            return false;
        }

        Flip(step);
        if (!_tried.Add(new Tried([.. _taken], after)))
        {
            Flip(step);
            return false;
        }

        _choices.Push((step, _state));
        _state = after;
        Unlink(_callOf[step]);
        Unlink(_returnOf[step]);
        return true;
    }

    /// <returns>Where the walk goes on: behind the call that was taken in vain.</returns>
    private int Undo(int step, TState before)
    {
        _state = before;
        Flip(step);
        Link(_returnOf[step]);
        Link(_callOf[step]);
        return _next[_callOf[step]];
    }

    private void Flip(int step) => _taken[step / 64] ^= 1UL << (step % 64);

    private void Unlink(int place)
    {
        _next[_previous[place]] = _next[place];
        _previous[_next[place]] = _previous[place];
    }

    private void Link(int place)
    {
        _next[_previous[place]] = place;
        _previous[_next[place]] = place;
    }

    private readonly record struct Event(long Time, bool IsCall, int Step);

    private readonly struct Tried(ulong[] taken, TState state) : IEquatable<Tried>
    {
        private readonly ulong[] _taken = taken;
        private readonly TState _state = state;

        public bool Equals(Tried other) =>
            _state.Equals(other._state) && _taken.AsSpan().SequenceEqual(other._taken);

        public override bool Equals(object? obj) => obj is Tried other && Equals(other);

        public override int GetHashCode()
        {
            var hash = (ulong)_state.GetHashCode();
            foreach (var word in _taken)
            {
                hash = Engine.Hash.Mix(hash, word);
            }

            return (int)(hash ^ (hash >> 32));
        }
    }
}

/// <summary>One operation, as its client saw it.</summary>
/// <param name="Returned">Not before the call; the largest number: unknown.</param>
/// <param name="Apply">The state after it; null: from this state it could not have come to this result.</param>
internal sealed record TimedStep<TState>(long Invoked, long Returned, Func<TState, TState?> Apply, object? Subject = null)
    where TState : struct;

internal enum Verdict
{
    Linearizable,
    NotLinearizable,

    /// <summary>More to try than was allowed.</summary>
    GivenUp,
}
