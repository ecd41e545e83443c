namespace Cloudkeeper.Coherence.Delivery;

/// <summary>Which member to ask first. Only a hint: what a member answers decides.</summary>
public sealed class LeaderGuess<TMember>(TMember first)
    where TMember : notnull
{
    public TMember Current { get; private set; } = first;

    /// <summary>A member is known to lead.</summary>
    public void Prefer(TMember member) => Current = member;

    /// <summary>A member's answer decides which one to ask next.</summary>
    /// <param name="isNamed">The answer named a leader: <paramref name="named"/>.</param>
    /// <param name="members">At least one.</param>
    /// <returns>Whether another member was named.</returns>
    public bool Learn(TMember asked, CallResult result, bool isNamed, TMember named, IReadOnlyList<TMember> members)
    {
        if (result == CallResult.Misdirected && isNamed && !EqualityComparer<TMember>.Default.Equals(asked, named))
        {
            Prefer(named);
            return true;
        }

        if (CallVerdict.IsDoubtful(result))
        {
            Leave(asked, members);
        }

        return false;
    }

    /// <summary>A member did not answer, or is the wrong one and knows no better: the next one is asked.</summary>
    /// <param name="failed">The one that was asked; another one that has been found meanwhile stays.</param>
    /// <param name="members">At least one.</param>
    public void Leave(TMember failed, IReadOnlyList<TMember> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (EqualityComparer<TMember>.Default.Equals(Current, failed))
        {
            Current = After(failed, members);
        }
    }

    private static TMember After(TMember failed, IReadOnlyList<TMember> members)
    {
        for (var i = 0; i < members.Count; i++)
        {
            if (EqualityComparer<TMember>.Default.Equals(members[i], failed))
            {
                return members[(i + 1) % members.Count];
            }
        }

        // One that is not known yet, or that has left the cluster.
        return members[0];
    }
}
